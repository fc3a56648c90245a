//! A playhead over a finished trace, and the commands that move it or change the scenario.
