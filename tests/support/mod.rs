//! The parts that tests share: a site and the program in it, servers and databases to talk to, parsers to read results
//! with.

pub(crate) mod browser;
pub(crate) mod database;
pub(crate) mod dns_server;
pub(crate) mod feed;
pub(crate) mod feed_server;
pub(crate) mod http;
pub(crate) mod imap;
pub(crate) mod parsers;
pub(crate) mod program;
pub(crate) mod relay;
pub(crate) mod scene;
pub(crate) mod site;
pub(crate) mod stores;
