//! producer_state.
