//! A run of 100,000 frames must not grow in memory, though nobody reads its events. The allocator counts
//! live bytes, so the test binary holds this one test.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::alloc::{GlobalAlloc, Layout, System};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use equijump_engine::network::NetworkConfig;
use equijump_engine::session::{
    BackendError, ComputeBackend, DevicePreference, ExistingFiles, JobEvent, JobOutcome, LoadedModel,
    ModelSource, OpenedStructure, PreparedSampler, RunOutput, SamplerOrder, Session, Simulate,
    SimulationRequest, SimulationUpdate,
};
use equijump_engine::structure::ResidueType;
use equijump_engine::trajectory::TrajectoryReader;
use equijump_engine::transport::{
    Advance, FrameSampler, LatentProgress, Replica, SamplerSettings, TransportError,
};
use equijump_tests::proteins::chain;

struct Counting;

static LIVE: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: hands every call to the system allocator unchanged and only counts.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let live = LIVE.fetch_add(layout.size(), Ordering::Relaxed) + layout.size();
        PEAK.fetch_max(live, Ordering::Relaxed);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

struct Drift;

impl FrameSampler for Drift {
    fn advance(
        &mut self,
        replicas: &mut [Replica],
        control: &mut dyn FnMut(LatentProgress) -> ControlFlow<()>,
    ) -> Result<Advance, TransportError> {
        if control(LatentProgress { done: 0, total: 1 }).is_break() {
            return Ok(Advance::Cancelled);
        }
        for replica in replicas {
            replica.frame += 1;
            replica.positions_angstrom[0][0] = replica.frame as f32;
        }
        Ok(Advance::Done)
    }

    fn frame_interval_ps(&self) -> f64 {
        100.0
    }

    fn device_name(&self) -> String {
        "test".into()
    }
}

struct Backend;

impl ComputeBackend for Backend {
    fn load_model(&self, model: &ModelSource) -> Result<LoadedModel, BackendError> {
        let config = NetworkConfig::basic();
        Ok(LoadedModel { name: model.display_name(), config, ..LoadedModel::default() })
    }

    fn prepare_sampler(&self, order: SamplerOrder<'_>) -> Result<PreparedSampler, BackendError> {
        Ok(PreparedSampler {
            sampler: Box::new(Drift),
            model: self.load_model(order.model)?,
            notices: Vec::new(),
        })
    }
}

#[test]
fn memory_stays_bounded_over_100_000_frames() {
    const FRAMES: u64 = 100_000;
    let topology = chain("decatyrosine", [ResidueType::Tyr; 10]);
    let atoms = topology.atom_count();
    let structure = OpenedStructure {
        path: None,
        topology: Arc::new(topology),
        positions_angstrom: Arc::new((0..atoms).map(|i| [i as f32; 3]).collect()),
        notices: Vec::new(),
    };
    let folder = tempfile::tempdir().unwrap();
    let session = Session::new(Arc::new(Backend), Arc::new(|| ())).unwrap();
    let job = session.start(Simulate::new(SimulationRequest {
        structure,
        starts_angstrom: Vec::new(),
        model: ModelSource::Bundled { name: "none".into(), bytes: b"", presets: b"{}" },
        settings: SamplerSettings::default(),
        replicas: 1,
        shard: None,
        frames: Some(FRAMES),
        device: DevicePreference::Cpu,
        output: Some(RunOutput { path: folder.path().join("run.dcd"), existing: ExistingFiles::Refuse }),
        keep_history: true,
    }));
    let history = loop {
        match job.next_timeout(Duration::from_secs(10)) {
            Some(JobEvent::Update(SimulationUpdate::Started(run))) => break run.history.unwrap(),
            Some(JobEvent::Update(_)) => (),
            _ => panic!("it does not start"),
        }
    };

    // Nobody reads an update until a tenth is done, and from then on nobody reads until the end.
    while history.len() <= FRAMES / 10 {
        std::thread::sleep(Duration::from_millis(1));
    }
    PEAK.store(LIVE.load(Ordering::Relaxed), Ordering::Relaxed);
    let early = LIVE.load(Ordering::Relaxed);
    while history.len() <= FRAMES {
        std::thread::sleep(Duration::from_millis(1));
    }
    let grown = PEAK.load(Ordering::Relaxed).saturating_sub(early);
    // Kept in memory, the frames would be 70 MB.
    assert!(grown < 256 * 1024, "memory grew by {grown} bytes");

    let outcome = loop {
        match job.next_timeout(Duration::from_secs(10)) {
            Some(JobEvent::Update(_)) => (),
            Some(JobEvent::Ended(outcome)) => break outcome,
            None => panic!("it does not end"),
        }
    };
    assert_eq!(outcome, JobOutcome::Finished(()));
    assert_eq!(history.len(), FRAMES + 1);
    for frame in [0, 1, 54_321, FRAMES] {
        assert_eq!(history.read(frame, 0).unwrap()[0], [frame as f32, 0.0, 0.0]);
    }
    let reader = TrajectoryReader::open(&folder.path().join("run.dcd")).unwrap();
    assert_eq!(reader.frame_count() as u64, FRAMES + 1);
}
