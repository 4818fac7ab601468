//! The program from outside: the real binary, a real database, other parsers than its own.

mod breaks;
mod config;
mod database;
mod delivery;
mod digest;
mod faults;
mod feed;
mod house;
mod ids;
mod kill;
mod ledger;
mod look;
mod message;
mod nasty;
mod preview;
mod publish;
mod read;
mod readme;
mod relay;
mod rules;
mod scene;
mod street;
mod subscriber;
mod tls;
mod web;
mod wire;
