//! The kernels as a device has them, and what all lanes share.

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::adapter::Opened;
use super::trouble::{Outcome, Trouble, without_panics};
use crate::network::image::{
    CELLS, EMBEDDING_WEIGHTS, FEATURES, INPUTS, LAYERS, OUTPUTS, REST, ROWS, SPAN, SUMS, VALUES,
    WEIGHTS, WIDTH, rest_before, weights_before,
};
use crate::network::lstm::Options;
use crate::network::table_words;
use crate::network::{CONTEXTS, LARGEST_INPUT};

/// How long a submission may take before the device counts as lost. Those of cmx take less than a
/// tenth of a second each.
const PATIENCE: Duration = Duration::from_secs(20);

/// Buffers that the kernels use, by their binding.
pub const BINDINGS: usize = 7;
/// The bindings that kernels only read: requests and tables.
const READ_ONLY: usize = 2;

/// A device with its kernels.
#[derive(Debug)]
pub struct Program {
    pub device: wgpu::Device,
    queue: Mutex<wgpu::Queue>,
    pub name: String,
    pub layout: wgpu::BindGroupLayout,
    pub forward: wgpu::ComputePipeline,
    pub learn: wgpu::ComputePipeline,
    /// Of the layers, the highest first, and of the embedding.
    pub back: [wgpu::ComputePipeline; LAYERS + 1],
    pub tables: wgpu::Buffer,
    is_lost: Arc<AtomicBool>,
}

impl Program {
    /// Compiles the kernels for a device.
    ///
    /// # Errors
    /// The device cannot have them.
    pub fn new(opened: Opened) -> Outcome<Program> {
        Self::of(opened, source())
    }

    /// The same with a text that `change` has changed.
    #[cfg(test)]
    pub fn changed(opened: Opened, change: impl FnOnce(String) -> String) -> Outcome<Program> {
        Self::of(opened, change(source()))
    }

    fn of(opened: Opened, source: String) -> Outcome<Program> {
        let Opened { device, queue, name } = opened;
        let is_lost = Arc::new(AtomicBool::new(false));
        let lost = is_lost.clone();
        device.set_device_lost_callback(move |_, _| lost.store(true, SeqCst));
        guarded(&device, &is_lost, || {
            let module = device.create_shader_module(wgpu::ShaderModuleDescriptor {
                label: Some("network"),
                source: wgpu::ShaderSource::Wgsl(source.into()),
            });
            let layout = layout(&device);
            let pipelines = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
                label: None,
                bind_group_layouts: &[Some(&layout)],
                immediate_size: 0,
            });
            let pipeline = |entry| {
                device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
                    label: Some(entry),
                    layout: Some(&pipelines),
                    module: &module,
                    entry_point: Some(entry),
                    compilation_options: wgpu::PipelineCompilationOptions::default(),
                    cache: None,
                })
            };
            let mut words = table_words();
            words.push(32);
            let tables = buffer(&device, words.len(), wgpu::BufferUsages::COPY_DST);
            queue.write_buffer(&tables, 0, bytemuck::cast_slice(&words));
            Ok(Program {
                forward: pipeline("forward"),
                learn: pipeline("learn"),
                back: ["back_2", "back_1", "back_0", "back_embedding"].map(pipeline),
                device: device.clone(),
                queue: Mutex::new(queue),
                name,
                layout,
                tables,
                is_lost: is_lost.clone(),
            })
        })
    }

    /// Does `work` with the device. Whatever goes wrong is trouble.
    ///
    /// # Errors
    /// The work failed, an error of the device came up, or the device is lost.
    pub fn guarded<T>(&self, work: impl FnOnce() -> Outcome<T>) -> Outcome<T> {
        guarded(&self.device, &self.is_lost, work)
    }

    /// The queue of the device, which one thread at a time writes and submits to.
    ///
    /// wgpu 30 fills the parts of a buffer that nothing has written with zeros, in the first
    /// submission that uses the buffer. The list of these parts is made before the submission takes
    /// its turn in the queue: a write of another thread at that moment came first, and was lost.
    pub fn queue(&self) -> MutexGuard<'_, wgpu::Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until the device has done what was submitted.
    ///
    /// # Errors
    /// It takes too long, or the device is lost.
    pub fn wait(&self, submission: wgpu::SubmissionIndex) -> Outcome<()> {
        let wait =
            wgpu::PollType::Wait { submission_index: Some(submission), timeout: Some(PATIENCE) };
        match self.device.poll(wait) {
            Ok(_) if self.is_lost.load(SeqCst) => Err("the device is lost".into()),
            Ok(_) => Ok(()),
            Err(_) => Err("the device does not answer".into()),
        }
    }
}

/// A buffer of so many words for kernels.
pub fn buffer(device: &wgpu::Device, words: usize, usage: wgpu::BufferUsages) -> wgpu::Buffer {
    device.create_buffer(&wgpu::BufferDescriptor {
        label: None,
        size: 4 * words as u64,
        usage: wgpu::BufferUsages::STORAGE | usage,
        mapped_at_creation: false,
    })
}

fn guarded<T>(
    device: &wgpu::Device,
    is_lost: &AtomicBool,
    work: impl FnOnce() -> Outcome<T>,
) -> Outcome<T> {
    let filters = [
        wgpu::ErrorFilter::OutOfMemory,
        wgpu::ErrorFilter::Validation,
        wgpu::ErrorFilter::Internal,
    ];
    without_panics(|| {
        let mut scopes = filters.map(|filter| Some(device.push_error_scope(filter)));
        let done = without_panics(work);
        let mut error = None;
        // The newest first.
        for scope in scopes.iter_mut().rev().filter_map(Option::take) {
            error = error.or(pollster::block_on(scope.pop()));
        }
        if is_lost.load(SeqCst) {
            return Err("the device is lost".into());
        }
        match error {
            None => done,
            Some(wgpu::Error::OutOfMemory { .. }) => Err("the device has too little memory".into()),
            Some(error) => Err(Trouble(error.to_string())),
        }
    })
}

fn layout(device: &wgpu::Device) -> wgpu::BindGroupLayout {
    let entries: [_; BINDINGS] = std::array::from_fn(|binding| wgpu::BindGroupLayoutEntry {
        binding: binding as u32,
        visibility: wgpu::ShaderStages::COMPUTE,
        ty: wgpu::BindingType::Buffer {
            ty: wgpu::BufferBindingType::Storage { read_only: binding < READ_ONLY },
            has_dynamic_offset: false,
            min_binding_size: None,
        },
        count: None,
    });
    device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
        label: None,
        entries: &entries,
    })
}

/// Where the numbers of a layer stand among those of its lane, as functions of its number.
fn places() -> String {
    let by_layer = |name: &str, of: [usize; LAYERS]| {
        let [first, second, third] = of;
        format!(
            "fn {name}(layer: u32) -> u32 {{
    return select(select({first}u, {second}u, layer == 1u), {third}u, layer == 2u);
}}
"
        )
    };
    let numbers: [usize; LAYERS] = std::array::from_fn(|layer| layer);
    let inputs = FEATURES.map(|features| SPAN * (2 * CELLS + 2 * SUMS + 3 + features));
    let given = numbers.map(|layer| inputs[layer] + SPAN * INPUTS[layer]);
    let after = |more: usize| given.map(|given| given + SPAN * CELLS + more * CELLS);
    [
        by_layer("rest_of", numbers.map(rest_before)),
        by_layer("weights_of", numbers.map(weights_before)),
        by_layer("inputs_of", INPUTS),
        by_layer("features_of", FEATURES),
        by_layer("values_of", VALUES),
        by_layer("step_inputs", inputs),
        by_layer("step_given", given),
        by_layer("next_hidden", after(0)),
        by_layer("next_cells", after(1)),
        by_layer("last_hidden", after(2)),
        by_layer("last_cells", after(3)),
        by_layer("row_moves", after(4)),
    ]
    .concat()
}

/// The text of the kernels.
fn source() -> String {
    let Options { rate, feature_rate, output_rate, .. } = Options::standard();
    let counts = [
        ("CELLS", CELLS),
        ("LAYERS", LAYERS),
        ("HIDDEN", LAYERS * CELLS),
        ("MOST_INPUTS", INPUTS[0]),
        ("CONTEXTS", CONTEXTS),
        ("EMBEDDING_ROWS", ROWS),
        ("EMBEDDING_TABLE", EMBEDDING_WEIGHTS / CONTEXTS),
        ("EMBEDDING_MOVES", CONTEXTS * SPAN),
        ("HASH_SHIFT", 32 - ROWS.ilog2() as usize),
        ("WIDTH", WIDTH),
        ("GRADIENTS", SPAN * (SUMS + WIDTH)),
        ("SUMS", SUMS),
        ("GATES", 3),
        ("PARTIALS", 24),
        ("SPAN", SPAN),
        ("ROWS", SPAN * FEATURES[0]),
        ("OUTPUTS", OUTPUTS),
        ("ERRORS", 32),
        ("WEIGHTS", WEIGHTS),
        ("REST", REST),
        ("OUTPUT_WEIGHTS", weights_before(LAYERS)),
        ("OUTPUT_MASSES", rest_before(LAYERS)),
        ("OUTPUT_MOVES", rest_before(LAYERS) + OUTPUTS),
        ("STEP_NORMAL", 0),
        ("STEP_INVERSE", SPAN * SUMS),
        ("STEP_GATES", SPAN * (SUMS + 3)),
        ("STEP_BEFORE", SPAN * (2 * SUMS + 3)),
        ("STEP_TANH", SPAN * (CELLS + 2 * SUMS + 3)),
        ("STEP_ROWS", SPAN * (2 * CELLS + 2 * SUMS + 3)),
        ("SIGMOID", 0),
        ("TANH", 8192),
        ("CELL_TANH", 2 * 8192),
        ("EXP", 2 * 8192 + 4097),
        ("THIRTY_TWO", 2 * 8192 + 4097 + 512),
        ("DECAY", rate.decay as usize),
        ("ROOT_BITS", crate::simd::ROOT_BITS as usize),
        ("LEAST_SQUARE", crate::simd::LEAST_SQUARE as usize),
    ];
    let numbers = [
        ("UNIT", 1 << 14),
        ("LEAST_ERROR", 1 << 10),
        ("LARGEST_RATIO", crate::simd::LARGEST_RATIO),
        ("WEIGHT_LIMIT", crate::simd::WEIGHT_LIMIT),
        ("MATRIX_LIMIT", rate.limit),
        ("EMBEDDING_LIMIT", 1 << 28),
        ("LARGEST_INPUT", LARGEST_INPUT),
        ("OUTPUT_LIMIT", output_rate.limit),
        ("RATE", rate.step),
        ("FEATURE_RATE", feature_rate.step),
        ("OUTPUT_RATE", output_rate.step),
    ];
    let mut text: String = counts
        .iter()
        .map(|(name, count)| format!("const {name}: u32 = {count}u;\n"))
        .chain(numbers.iter().map(|(name, number)| format!("const {name}: i32 = {number};\n")))
        .collect();
    text += &places();
    text += include_str!("kernels/buffers.wgsl");
    text += include_str!("kernels/numbers.wgsl");
    text += include_str!("kernels/forward.wgsl");
    text += include_str!("kernels/learn.wgsl");
    text += include_str!("kernels/back.wgsl");
    text += include_str!("kernels/embedding.wgsl");
    text
}
