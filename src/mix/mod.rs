//! Turning many predictions into one: the logistic domain, mixers, and the stages after them.

pub mod apm;
pub mod bayes;
pub mod filter;
pub mod final_mixer;
pub mod final_stage;
pub mod mixer;
pub mod posterior;
mod rate_floor;
