//! State stores of Streams: what a changelog says (`StoreChangelogReader`).

use super::super::super::cast::Cast;
use super::super::super::effects::Timer;
use super::super::super::ids::{ClientId, NodeId, Offset, TopicPartition};
use super::super::super::record::Entry;
use super::super::super::scenario::{Act, StreamsAct};
use super::super::super::time::SimDuration;
use super::super::super::transaction::Aborted;
use super::super::World;
use super::Work;
use super::task::Counts;

/// How soon it looks again for a changelog that cannot be read to its end yet.
const AGAIN: SimDuration = SimDuration::from_ms(100);

impl World {
    fn streams_act(&self, id: ClientId) -> Option<&StreamsAct> {
        let app = self.apps.get(&id)?;
        match self.setup.script.acts().get(app.act as usize)? {
            Act::Streams(streams) => Some(streams),
            _ => None,
        }
    }

    /// Restores the store of a partition. False if its changelog cannot be read to its end now.
    pub(super) fn restore(&mut self, id: ClientId, partition: TopicPartition) -> bool {
        let now = self.medium.now;
        let Some(counts) = self.restored(id, partition) else {
            let out = &mut self.medium.effects(NodeId::Client(id));
            out.arm(Timer::Application, now + AGAIN);
            return false;
        };
        if let Some(app) = self.apps.get_mut(&id)
            && let Work::Task(task) = &mut app.work
        {
            task.on_restored(partition, counts);
        }
        true
    }

    /// What the changelog says, up to where it ends now. Whoever reads committed records waits until all before is decided.
    fn restored(&self, id: ClientId, partition: TopicPartition) -> Option<Counts> {
        let act = self.streams_act(id)?;
        let named = act.changelog.as_ref().map(|topic| topic.0.as_str());
        let changelog = TopicPartition {
            topic: self.setup.cast.topic(named)?,
            partition: partition.partition,
        };
        let (_, broker) = self.serving_leader(changelog)?;
        let replica = broker.replicas().get(&changelog)?;
        let (start, end) = (replica.log.start(), replica.high_watermark);
        if replica.leading()?.epoch_start > end {
            return None;
        }
        let mut aborted = Vec::new();
        if act.exactly_once() {
            if replica.last_stable() < end {
                return None;
            }
            let transactions = replica.producers.transactions();
            aborted.extend(
                transactions
                    .into_iter()
                    .flat_map(|all| all.aborted_between(start, end)),
            );
        }
        let entries = (start.0..end.0).zip(replica.log.from(start));
        let kept = entries.filter(|(at, entry)| !is_aborted(&aborted, Offset(*at), entry));
        let records = kept.filter_map(|(_, entry)| entry.record());
        Some(counts_of(&self.setup.cast, records))
    }
}

fn is_aborted(aborted: &[Aborted], at: Offset, entry: &Entry) -> bool {
    let producer = entry.producer.map(|(id, ..)| id);
    let within =
        |own: &Aborted| Some(own.producer) == producer && own.first <= at && at <= own.last;
    entry.transactional && aborted.iter().any(within)
}

/// The last record of each key says how often it was seen.
fn counts_of(
    cast: &Cast,
    records: impl Iterator<Item = super::super::super::ids::RecordId>,
) -> Counts {
    let mut counts = Counts::new();
    for record in records {
        if let Some((key, count)) = cast.count_in(record) {
            counts.insert(key.clone(), count);
        }
    }
    counts
}
