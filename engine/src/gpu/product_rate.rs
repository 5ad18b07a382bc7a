//! The matrix-product rate of an adapter, beside which the network's is to be seen.

use std::time::{Duration, Instant};

use super::GpuError;
use super::device::Gpu;
use super::kernels::{Kernels, LARGE_TILE, PARAMETER_BYTES, PRODUCT};
use super::parameters::Part;

/// Sides of the square matrices that are tried, from small to large: software Vulkan takes seconds for what
/// hardware does in a millisecond.
const SIDES: [u32; 4] = [256, 512, 1024, 2048];
/// A product that takes longer than this is long enough.
const LONG_ENOUGH: Duration = Duration::from_millis(5);
/// Time of the products handed over at once.
const PORTION: Duration = Duration::from_millis(100);

/// f32 matrix products of `gpu`, GFLOP/s: square matrices of up to 2048 × 2048, by the kernel that the sampler
/// uses for many rows, the best of three portions.
///
/// # Errors
/// [`GpuError`] when the device fails.
pub fn product_rate_gflops(gpu: &Gpu) -> Result<f64, GpuError> {
    let mut best = 0.0f64;
    for side in SIDES {
        let flop = 2.0 * f64::from(side).powi(3);
        let Some(products) = Products::new(gpu, side)? else { break };
        products.run(gpu, 1)?;
        let one = products.run(gpu, 1)?;
        let count = (PORTION.as_secs_f64() / one.as_secs_f64().max(1e-6)) as u32;
        for _ in 0..3 {
            let count = count.clamp(1, 1000);
            let time = products.run(gpu, count)?;
            best = best.max(f64::from(count) * flop / time.as_secs_f64().max(1e-9) / 1e9);
        }
        if one > LONG_ENOUGH {
            break;
        }
    }
    Ok(best)
}

/// A product of two square matrices.
struct Products {
    kernels: Kernels,
    group: wgpu::BindGroup,
    groups: [u32; 2],
}

impl Products {
    /// `None` where the matrices are larger than the adapter's buffers.
    fn new(gpu: &Gpu, side: u32) -> Result<Option<Self>, GpuError> {
        use wgpu::BufferUsages as Usage;
        let matrix = 4 * u64::from(side) * u64::from(side);
        if 2 * matrix > gpu.largest_buffer() {
            return Ok(None);
        }
        let kernels = Kernels::compile_product(gpu)?;
        let storage = Usage::STORAGE | Usage::COPY_DST;
        let arena = gpu.buffer("product", 2 * matrix, storage)?;
        let weights = gpu.buffer("product weights", matrix, storage)?;
        let tables = gpu.buffer("product tables", 16, storage)?;
        let parameters =
            gpu.buffer("product parameters", PARAMETER_BYTES, Usage::UNIFORM | Usage::COPY_DST)?;
        // Not zeros: they draw less power, and a device that is bound by it would multiply them faster.
        let numbers: Vec<f32> =
            (0..side * side).map(|i| (i % 1021 * 7919 % 1021) as f32 / 1021.0 - 0.5).collect();
        for buffer in [&arena, &weights] {
            gpu.queue.write_buffer(buffer, 0, bytemuck::cast_slice(&numbers));
        }
        let quads = side / 4;
        let part = Part {
            rows: side,
            k4_first: quads,
            n4: quads,
            a_stride: quads,
            out_offset: side * quads,
            out_stride: quads,
            parts: 1,
            ..Part::default()
        };
        let mut bytes = vec![0u8; PARAMETER_BYTES as usize];
        bytes[..std::mem::size_of::<Part>()].copy_from_slice(bytemuck::bytes_of(&part));
        gpu.queue.write_buffer(&parameters, 0, &bytes);
        let buffers = [&arena, &weights, &tables, &parameters, &parameters];
        let entries: Vec<wgpu::BindGroupEntry<'_>> = buffers
            .into_iter()
            .zip(0..)
            .map(|(buffer, binding)| wgpu::BindGroupEntry { binding, resource: buffer.as_entire_binding() })
            .collect();
        let group = gpu.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some("product"),
            layout: &kernels.bindings,
            entries: &entries,
        });
        gpu.check()?;
        let groups = [quads.div_ceil(LARGE_TILE.columns4), side.div_ceil(LARGE_TILE.rows)];
        Ok(Some(Self { kernels, group, groups }))
    }

    /// Time of `count` products, handed over at once.
    fn run(&self, gpu: &Gpu, count: u32) -> Result<Duration, GpuError> {
        let start = Instant::now();
        let descriptor = wgpu::CommandEncoderDescriptor { label: Some("product") };
        let mut encoder = gpu.device.create_command_encoder(&descriptor);
        {
            let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
            if let Some(pipeline) = self.kernels.pipeline(PRODUCT) {
                pass.set_pipeline(pipeline);
            }
            pass.set_bind_group(0, &self.group, &[0, 0]);
            for _ in 0..count {
                pass.dispatch_workgroups(self.groups[0], self.groups[1], 1);
            }
        }
        let submission = gpu.queue.submit([encoder.finish()]);
        gpu.wait(Some(submission))?;
        Ok(start.elapsed())
    }
}
