//! What applications read back of their own at the start: a changelog for a state store (`StoreChangelogReader`), how far a source was
//! read (`OffsetStorageReader`).

use super::super::super::cast::Cast;
use super::super::super::effects::Timer;
use super::super::super::ids::{ClientId, NodeId, Offset, RecordId, TopicPartition};
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

    /// What the changelog says, up to where it ends now.
    fn restored(&self, id: ClientId, partition: TopicPartition) -> Option<Counts> {
        let act = self.streams_act(id)?;
        let named = act.changelog.as_ref().map(|topic| topic.0.as_str());
        let changelog = TopicPartition {
            topic: self.setup.cast.topic(named)?,
            partition: partition.partition,
        };
        let records = self.log_to_its_end(changelog, act.exactly_once())?;
        Some(counts_of(&self.setup.cast, records.into_iter()))
    }

    /// A worker learns how far its source was read. False if that cannot be read now (`OffsetStorageReader`).
    pub(super) fn learn_position(&mut self, id: ClientId) -> bool {
        let Some(position) = self.position_of_source(id) else {
            let at = self.medium.now + AGAIN;
            let out = &mut self.medium.effects(NodeId::Client(id));
            out.arm(Timer::Application, at);
            if let Some(app) = self.apps.get_mut(&id) {
                app.not_before = at;
            }
            return false;
        };
        if let Some(app) = self.apps.get_mut(&id)
            && let Work::Source(source) = &mut app.work
        {
            source.on_position(position);
        }
        true
    }

    fn position_of_source(&self, id: ClientId) -> Option<u32> {
        let act = self.source_act(id)?;
        let kept = self.setup.cast.topic(Some(act.positions()))?;
        let records = self.log_to_its_end(kept.first_partition(), act.is_exactly_once())?;
        let cast = &self.setup.cast;
        let mut positions = records.iter().rev().filter_map(|at| cast.position_in(*at));
        Some(positions.next().unwrap_or(0))
    }

    /// What a partition holds up to where it ends now. Whoever reads committed records waits until all before is decided.
    fn log_to_its_end(&self, partition: TopicPartition, committed: bool) -> Option<Vec<RecordId>> {
        let (_, broker) = self.serving_leader(partition)?;
        let replica = broker.replicas().get(&partition)?;
        let (start, end) = (replica.log.start(), replica.high_watermark);
        if replica.leading()?.epoch_start > end {
            return None;
        }
        let mut aborted = Vec::new();
        if committed {
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
        Some(kept.filter_map(|(_, entry)| entry.record()).collect())
    }
}

fn is_aborted(aborted: &[Aborted], at: Offset, entry: &Entry) -> bool {
    let producer = entry.producer.map(|(id, ..)| id);
    let within =
        |own: &Aborted| Some(own.producer) == producer && own.first <= at && at <= own.last;
    entry.transactional && aborted.iter().any(within)
}

/// The last record of each key says how often it was seen.
fn counts_of(cast: &Cast, records: impl Iterator<Item = RecordId>) -> Counts {
    let mut counts = Counts::new();
    for record in records {
        if let Some((key, count)) = cast.count_in(record) {
            counts.insert(key.clone(), count);
        }
    }
    counts
}
