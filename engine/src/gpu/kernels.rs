//! The compute pipelines: WGSL of `shaders/compute` with constants put in, compiled once per network.

use super::GpuError;
use super::adapter::ready;
use super::device::{Gpu, one_line};
use super::shape::{MOST_NEIGHBORS, MOST_RESIDUES, NetworkShape, quads};

/// Bytes of a dispatch's parameters, and the alignment of the next one's.
pub(super) const PARAMETER_BYTES: u64 = 256;

/// A product alone, as the benchmark of it runs it.
pub(super) const PRODUCT: Kernel = Kernel::Product { large: true, epilogue: Epilogue::None };

/// What a product does with its result, `EPILOGUE` in `product.wgsl`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Epilogue {
    None,
    Activation,
    Gates,
}

/// Rows and columns (in units of four) of a workgroup's tile in `product.wgsl`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tile {
    pub rows: u32,
    pub columns4: u32,
    depth4: u32,
    threads: u32,
}

/// For few rows: many small groups, so that a short protein still fills the device.
pub(super) const SMALL_TILE: Tile = Tile { rows: 32, columns4: 8, depth4: 8, threads: 64 };
/// For many rows: eight rows a thread, bound by arithmetic.
pub(super) const LARGE_TILE: Tile = Tile { rows: 64, columns4: 32, depth4: 4, threads: 256 };
/// Groups of large tiles from which on they are used; fewer would leave a large device idle.
const ENOUGH_GROUPS: u32 = 256;

/// One of the programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kernel {
    Assemble,
    Product { large: bool, epilogue: Epilogue },
    Norm,
    Edge,
    Finish,
}

impl Kernel {
    const ALL: [Self; 10] = [
        Self::Assemble,
        Self::Product { large: false, epilogue: Epilogue::None },
        Self::Product { large: false, epilogue: Epilogue::Activation },
        Self::Product { large: false, epilogue: Epilogue::Gates },
        Self::Product { large: true, epilogue: Epilogue::None },
        Self::Product { large: true, epilogue: Epilogue::Activation },
        Self::Product { large: true, epilogue: Epilogue::Gates },
        Self::Norm,
        Self::Edge,
        Self::Finish,
    ];

    /// The tile for `rows × 4 n4` results in each of `layers` products.
    pub fn tile(rows: u32, n4: u32, layers: u32) -> (bool, Tile) {
        let groups = rows.div_ceil(LARGE_TILE.rows) * n4.div_ceil(LARGE_TILE.columns4) * layers;
        if groups >= ENOUGH_GROUPS { (true, LARGE_TILE) } else { (false, SMALL_TILE) }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Assemble => "assemble",
            Self::Product { .. } => "product",
            Self::Norm => "norm",
            Self::Edge => "edge",
            Self::Finish => "finish",
        }
    }

    /// The parts of its source that follow `common.wgsl`.
    fn source(self) -> [&'static str; 2] {
        const STEP: &str = include_str!("../../../shaders/compute/step.wgsl");
        match self {
            Self::Assemble => [STEP, include_str!("../../../shaders/compute/assemble.wgsl")],
            Self::Product { .. } => ["", include_str!("../../../shaders/compute/product.wgsl")],
            Self::Norm => ["", include_str!("../../../shaders/compute/norm.wgsl")],
            Self::Edge => ["", include_str!("../../../shaders/compute/edge.wgsl")],
            Self::Finish => [STEP, include_str!("../../../shaders/compute/finish.wgsl")],
        }
    }

    fn constants(self, shape: &NetworkShape) -> Constants {
        match self {
            Self::Assemble => vec![
                ("THREADS", 128),
                ("MOST_RESIDUES", MOST_RESIDUES as u32),
                ("MOST_NEIGHBORS", MOST_NEIGHBORS as u32),
            ],
            Self::Product { large, epilogue } => product_constants(large, epilogue),
            Self::Norm => vec![("THREADS", 64)],
            Self::Edge => {
                let h4 = shape.h4 as u32;
                // At least four groups, one for the scalars and one for each axis; few channels get more, so
                // that a group is no smaller than a subgroup.
                let groups = match h4 {
                    0..8 => 16,
                    8..16 => 8,
                    _ => 4,
                };
                vec![("C4", h4), ("GROUPS", groups), ("EDGES", 16 / groups), ("THREADS", h4 * groups)]
            }
            Self::Finish => vec![("THREADS", 128), ("V4", quads(shape.headers.input.1) as u32)],
        }
    }
}

/// Names and values of a program's constants.
type Constants = Vec<(&'static str, u32)>;

fn product_constants(large: bool, epilogue: Epilogue) -> Constants {
    let tile = if large { LARGE_TILE } else { SMALL_TILE };
    vec![
        ("BM", tile.rows),
        ("BN4", tile.columns4),
        ("BK4", tile.depth4),
        ("THREADS", tile.threads),
        ("ROWS", tile.rows * tile.columns4 / tile.threads),
        ("LOADS_A", tile.rows * tile.depth4 / tile.threads),
        ("LOADS_W", 4 * tile.depth4 * tile.columns4 / tile.threads),
        ("EPILOGUE", epilogue as u32),
    ]
}

/// Repeats the lines between `//# unroll NAME COUNT` and `//# end` with `{NAME}` = 0, 1, …: compilers of
/// drivers are not relied on to unroll loops and keep small arrays in registers. `COUNT` is a number or one
/// of the constants.
fn unroll(source: &str, constants: &[(&'static str, u32)]) -> String {
    let mut out = String::with_capacity(2 * source.len());
    let mut block: Option<(String, u32, String)> = None;
    for line in source.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        match (&mut block, words.as_slice()) {
            (None, ["//#", "unroll", name, count]) => {
                let constant = constants.iter().find(|(n, _)| n == count).map(|(_, value)| *value);
                let count = constant.or_else(|| count.parse().ok()).unwrap_or_default();
                block = Some((format!("{{{name}}}"), count, String::new()));
            }
            (Some((name, count, lines)), ["//#", "end"]) => {
                for i in 0..*count {
                    out.push_str(&lines.replace(name.as_str(), &i.to_string()));
                }
                block = None;
            }
            (Some((_, _, lines)), _) => {
                lines.push_str(line);
                lines.push('\n');
            }
            (None, _) => {
                out.push_str(line);
                out.push('\n');
            }
        }
    }
    out
}

/// All pipelines and the one layout of their bindings.
pub(super) struct Kernels {
    pub bindings: wgpu::BindGroupLayout,
    pipelines: Vec<(Kernel, wgpu::ComputePipeline)>,
}

impl Kernels {
    /// All programs of a network.
    pub fn compile(gpu: &Gpu, shape: &NetworkShape) -> Result<Self, GpuError> {
        Self::compile_all(gpu, &Kernel::ALL.map(|kernel| (kernel, kernel.constants(shape))))
    }

    /// The one product that [`super::product_rate_gflops`] times.
    pub fn compile_product(gpu: &Gpu) -> Result<Self, GpuError> {
        Self::compile_all(gpu, &[(PRODUCT, product_constants(true, Epilogue::None))])
    }

    fn compile_all(gpu: &Gpu, programs: &[(Kernel, Constants)]) -> Result<Self, GpuError> {
        let buffer = |binding: u32, ty: wgpu::BufferBindingType, has_dynamic_offset: bool| {
            wgpu::BindGroupLayoutEntry {
                binding,
                visibility: wgpu::ShaderStages::COMPUTE,
                ty: wgpu::BindingType::Buffer { ty, has_dynamic_offset, min_binding_size: None },
                count: None,
            }
        };
        let read = wgpu::BufferBindingType::Storage { read_only: true };
        let scope = gpu.device.push_error_scope(wgpu::ErrorFilter::Validation);
        let bindings = gpu.device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some("sampler"),
            entries: &[
                buffer(0, wgpu::BufferBindingType::Storage { read_only: false }, false),
                buffer(1, read, false),
                buffer(2, read, false),
                buffer(3, wgpu::BufferBindingType::Uniform, true),
                buffer(4, wgpu::BufferBindingType::Uniform, true),
            ],
        });
        let layout = gpu.device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some("sampler"),
            bind_group_layouts: &[Some(&bindings)],
            immediate_size: 0,
        });
        let pipelines = programs
            .iter()
            .map(|(kernel, constants)| (*kernel, compile(gpu, &layout, *kernel, constants)))
            .collect();
        if let Some(error) = ready(scope.pop()) {
            let adapter = gpu.adapter().name.clone();
            return Err(GpuError::Failed { adapter, reason: one_line(&error.to_string()) });
        }
        gpu.check()?;
        Ok(Self { bindings, pipelines })
    }

    pub fn pipeline(&self, kernel: Kernel) -> Option<&wgpu::ComputePipeline> {
        self.pipelines.iter().find(|(k, _)| *k == kernel).map(|(_, pipeline)| pipeline)
    }
}

fn compile(
    gpu: &Gpu,
    layout: &wgpu::PipelineLayout,
    kernel: Kernel,
    constants: &[(&'static str, u32)],
) -> wgpu::ComputePipeline {
    let mut source: String =
        constants.iter().map(|(name, value)| format!("const {name}: u32 = {value}u;\n")).collect();
    source.push_str(include_str!("../../../shaders/compute/common.wgsl"));
    for part in kernel.source() {
        source.push_str(&unroll(part, constants));
    }
    let descriptor = wgpu::ShaderModuleDescriptor {
        label: Some(kernel.name()),
        source: wgpu::ShaderSource::Wgsl(source.into()),
    };
    // Tests run with checks: an index that is out of bounds makes other numbers than the processor's there.
    let checks = if cfg!(debug_assertions) {
        wgpu::ShaderRuntimeChecks::checked()
    } else {
        wgpu::ShaderRuntimeChecks::unchecked()
    };
    // SAFETY: every index into a buffer is made of offsets and sizes that `plan` lays out within the buffers,
    // of loop counters bounded by them, and of row numbers below the number of rows; loops end, because
    // their bounds are parameters. Checks on each access would keep the compiler from joining loads.
    let module = unsafe { gpu.device.create_shader_module_trusted(descriptor, checks) };
    gpu.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: Some(kernel.name()),
        layout: Some(layout),
        module: &module,
        entry_point: Some("main"),
        compilation_options: wgpu::PipelineCompilationOptions {
            // Kernels write workgroup memory before they read it.
            zero_initialize_workgroup_memory: false,
            ..wgpu::PipelineCompilationOptions::default()
        },
        cache: None,
    })
}
