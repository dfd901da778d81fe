//! The hyperkernel.
