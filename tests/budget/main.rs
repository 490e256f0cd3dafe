//! Archives that ask for far more memory or time than they have bytes: each row ends in an error or
//! in time, and no process takes more than a fifth above its limit.

mod child;
mod hostile;
mod limits;
mod promises;
mod rows;
mod time;
