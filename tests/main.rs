//! The program from outside: the real binary, a real database, other parsers than its own.

mod config;
mod house;
mod read;
mod scene;
mod street;
