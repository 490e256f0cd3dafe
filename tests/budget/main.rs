//! Archives that demand far more memory or time than their length justifies. Each one gives an
//! error or is decoded in time, and no process exceeds its memory limit by more than a fifth.

mod child;
mod hostile;
mod limits;
mod promises;
mod rows;
mod time;
