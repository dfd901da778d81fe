//! Test bench.

