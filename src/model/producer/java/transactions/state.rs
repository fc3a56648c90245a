//! The states of a transactional producer.

/// `TransactionManager.State`, but for the one of two-phase commits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum State {
    #[default]
    Uninitialized,
    Initializing,
    Ready,
    InTransaction,
    Committing,
    Aborting,
    Abortable,
    Fatal,
}

impl State {
    /// `State.isTransitionValid`
    pub(super) fn may_become(self, next: Self) -> bool {
        match next {
            Self::Uninitialized => matches!(self, Self::Ready | Self::Abortable),
            Self::Initializing => {
                matches!(
                    self,
                    Self::Uninitialized | Self::Committing | Self::Aborting
                )
            }
            Self::Ready => matches!(self, Self::Initializing | Self::Committing | Self::Aborting),
            Self::InTransaction => self == Self::Ready,
            Self::Committing => self == Self::InTransaction,
            Self::Aborting => matches!(self, Self::InTransaction | Self::Abortable),
            Self::Abortable => matches!(
                self,
                Self::InTransaction | Self::Committing | Self::Abortable | Self::Initializing
            ),
            Self::Fatal => true,
        }
    }
}
