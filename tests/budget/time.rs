//! Work stays in proportion to what an archive has and declares.
