//! Links that are cut: a fence along the lane that was cut off.

use crate::model::history::Steps;
use crate::model::ids::NodeId;
use crate::model::observation::Observation;
use crate::model::small::{Map, Set};
use crate::model::time::SimTime;

/// A fence between one lane and others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fence {
    /// Cut off on this side.
    pub around: NodeId,
    /// From these.
    pub others: Vec<NodeId>,
    /// From here.
    pub from: SimTime,
    /// To here; none is the end of the paper.
    pub to: Option<SimTime>,
}

/// All fences. Links that are cut in the same step and share a node make one.
pub fn fences(steps: Steps<'_>) -> Vec<Fence> {
    let mut open: Map<(NodeId, NodeId), usize> = Map::new();
    let mut fences: Vec<Fence> = Vec::new();
    for step in steps {
        let mut cut: Set<(NodeId, NodeId)> = Set::new();
        for fact in step.observations {
            match fact {
                Observation::LinkCut { from, to } => {
                    cut.insert(pair(*from, *to));
                }
                Observation::LinkHealed { from, to } => {
                    if let Some(index) = open.remove(&pair(*from, *to)) {
                        fences[index].to.get_or_insert(step.at);
                    }
                }
                _ => {}
            }
        }
        while let Some(fence) = largest(&cut, step.at) {
            for other in &fence.others {
                let link = pair(fence.around, *other);
                cut.remove(&link);
                open.insert(link, fences.len());
            }
            fences.push(fence);
        }
    }
    fences
}

fn pair(a: NodeId, b: NodeId) -> (NodeId, NodeId) {
    (a.min(b), a.max(b))
}

/// The fence around the node with the most cut links; the first such node.
fn largest(cut: &Set<(NodeId, NodeId)>, from: SimTime) -> Option<Fence> {
    let mut sides: Map<NodeId, Vec<NodeId>> = Map::new();
    for (a, b) in cut {
        sides.entry(*a).or_default().push(*b);
        sides.entry(*b).or_default().push(*a);
    }
    let most = sides.values().map(Vec::len).max()?;
    let (around, others) = sides.into_iter().find(|(_, others)| others.len() == most)?;
    Some(Fence {
        around,
        others,
        from,
        to: None,
    })
}
