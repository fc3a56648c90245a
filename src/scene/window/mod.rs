//! The window: the state of every process at one instant, in the same rows as their lanes. Inside it x means offset.

mod cells;
mod columns;
mod consumers;
mod draw;
mod head;
mod logs;
mod state;
mod text;

pub use columns::Columns;
pub use consumers::ReadView;
pub use draw::{Group, groups};
pub use head::{Head, frame, frame_top, head, shoulders};
pub use state::{CellState, CellView, LogView, RowView, SendView, Station, Window};
pub use text::sentence;
