//! Acts of applications: they are started, looked after, stopped and killed.

use super::super::super::effects::Timer;
use super::super::super::ids::{NodeId, StepIndex};
use super::super::super::observation::{AppFact, Observation};
use super::super::super::scenario::{Act, ConnectAct, ProcessAct, StreamsAct, WaitWorldAct};
use super::super::super::text::Word;
use super::super::super::time::{SimDuration, SimTime};
use super::super::World;
use super::processor::Processor;
use super::sink::Sink;
use super::source::Source;
use super::task::Task;
use super::{App, Work};

/// From the start of a Connect worker's process until its task polls.
const WORKER_STARTS: SimDuration = SimDuration::from_ms(3_000);
/// From the start of a Streams instance until its thread polls.
const STREAMS_STARTS: SimDuration = SimDuration::from_ms(200);
/// `task.shutdown.graceful.timeout.ms`: how long a worker that is stopped waits for the task of a source.
const GRACE: SimDuration = SimDuration::from_ms(5_000);
/// How long the recorder waits for the outside world, in ms.
const WAITS_FOR_WORLD: u32 = 30_000;

impl World {
    fn begin_app(
        &mut self,
        work: Work,
        consumer: &Word,
        producer: Option<&str>,
        wait: SimDuration,
    ) {
        let Some(id) = self.setup.cast.consumer(&consumer.0) else {
            return;
        };
        let app = App {
            work,
            act: self.director.act,
            producer: producer.and_then(|name| self.setup.cast.producer(name)),
            not_before: self.medium.now + wait,
            calling: false,
            polls: false,
            over: false,
            stops_by: None,
            heard: (StepIndex(0), 0),
        };
        let at = app.not_before;
        self.apps.insert(id, app);
        let out = &mut self.medium.effects(NodeId::Client(id));
        out.arm(Timer::Application, at);
    }

    pub(in super::super) fn begin_application(&mut self, act: &Act) {
        match act {
            Act::Connect(connect) => self.start_connect(connect),
            Act::Streams(streams) => self.start_streams(streams),
            Act::Process(process) => self.start_process(process),
            Act::WaitWorld(wanted) => self.wait_for_world(wanted),
            Act::ConnectStatus { by } => self.tell_status(by),
            Act::KillConnect { by } => self.kill_app(by),
            Act::StopConnect { by } => self.stop_app(by),
            _ => {}
        }
    }

    fn start_connect(&mut self, act: &ConnectAct) {
        let Some(id) = self.setup.cast.consumer(&act.id.0) else {
            return;
        };
        let (seed, starts) = (self.setup.seed, self.medium.now + WORKER_STARTS);
        let work = match act.is_source() {
            true => Work::Source(Box::new(Source::of(id, act, seed, starts))),
            false => Work::Sink(Box::new(Sink::of(id, act, seed, starts))),
        };
        let own = Act::Connect(Box::new(act.clone())).producer_of_application();
        self.begin_app(work, &act.id, own.as_deref(), WORKER_STARTS);
    }

    fn start_streams(&mut self, act: &StreamsAct) {
        let task = Task::of(act);
        let own = Act::Streams(Box::new(act.clone())).producer_of_application();
        self.begin_app(
            Work::Task(Box::new(task)),
            &act.id,
            own.as_deref(),
            STREAMS_STARTS,
        );
    }

    fn start_process(&mut self, act: &ProcessAct) {
        let own = Act::Process(Box::new(act.clone())).producer_of_application();
        let work = Work::Processor(Box::new(Processor::of(act)));
        self.begin_app(work, &act.id, own.as_deref(), SimDuration(0));
    }

    /// True once the outside world has so many lines, or the recorder would have given up.
    pub(in super::super) fn has_world(&self, act: &Act, wanted: &WaitWorldAct) -> bool {
        let world = self.world_of(Some(act));
        let lines = self.outside.effects.iter().filter(|(of, _)| *of == world);
        lines.count() >= wanted.lines.0 as usize || self.is_late()
    }

    fn wait_for_world(&mut self, wanted: &WaitWorldAct) {
        let ms = wanted.timeout_ms.map_or(WAITS_FOR_WORLD, |ms| ms.0);
        self.limit_act(SimDuration::from_ms(u64::from(ms)));
    }

    /// What a worker's REST interface says.
    fn tell_status(&mut self, by: &Word) {
        let Some(client) = self.setup.cast.consumer(&by.0) else {
            return;
        };
        let app = self.apps.get(&client);
        let failed = app.map(|app| app.work.has_failed());
        self.note(Observation::App(AppFact::ConnectStatusTold {
            client,
            failed,
        }));
    }

    /// True if that is an application, not a client.
    pub(in super::super) fn is_application(&self, by: &Word) -> bool {
        let id = self.setup.cast.consumer(&by.0);
        id.is_some_and(|id| self.apps.contains_key(&id))
    }

    /// True once whoever was to be closed is.
    pub(in super::super) fn has_closed(&mut self, by: &Word) -> bool {
        if self.is_application(by) {
            return self.has_stopped(by);
        }
        if self.is_busy(by) || self.is_share_consumer_busy(by) {
            return false;
        }
        self.forget_closed_share_consumer(by);
        self.has_closed_reader(by)
    }

    /// Stops an application in good order. It is over when its clients are closed.
    pub(in super::super) fn stop_app(&mut self, by: &Word) {
        let Some(id) = self.setup.cast.consumer(&by.0) else {
            return;
        };
        let Some(app) = self.apps.get_mut(&id) else {
            return;
        };
        match &mut app.work {
            Work::Sink(sink) => sink.stop(),
            Work::Source(source) => {
                source.stop();
                let now = self.medium.now;
                app.stops_by = Some(now + GRACE);
                let out = &mut self.medium.effects(NodeId::Client(id));
                out.arm(Timer::Application, now);
                out.arm(Timer::Member, now + GRACE);
            }
            Work::Task(task) => task.close(),
            Work::Processor(processor) => processor.close(),
        }
        if std::mem::take(&mut app.polls) {
            app.calling = false;
            if let Some(reader) = self.readers.get_mut(&id) {
                reader.wake_up();
            }
        }
    }

    /// True once an application that was stopped is over.
    pub(in super::super) fn has_stopped(&mut self, by: &Word) -> bool {
        let Some(id) = self.setup.cast.consumer(&by.0) else {
            return true;
        };
        let late = |at: SimTime| at <= self.medium.now;
        let given_up = |app: &App| !app.over && app.stops_by.is_some_and(late);
        if self.apps.get(&id).is_some_and(given_up) {
            // `WorkerTask.cancel`: nothing more is committed.
            self.kill_app(by);
        }
        let over = self.apps.get(&id).is_none_or(|app| app.over);
        if over {
            self.apps.remove(&id);
        }
        over
    }

    /// An application's process is gone, and its clients with it.
    pub(in super::super) fn kill_app(&mut self, by: &Word) {
        let Some(id) = self.setup.cast.consumer(&by.0) else {
            return;
        };
        let Some(app) = self.apps.remove(&id) else {
            return;
        };
        if !self.readers.contains_key(&id) {
            self.note(Observation::ClientDied { client: id });
        }
        self.kill_reader(by);
        if let Some(producer) = app.producer {
            self.kill_client(&Word(self.setup.cast.name(NodeId::Client(producer))));
        }
    }
}
