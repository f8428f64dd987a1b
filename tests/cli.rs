//! The program as scripts see it: arguments, exit codes, standard output and error.

mod configuration;
mod demo;
mod documents;
mod office;
mod serving;
mod usage;
mod verbs;
