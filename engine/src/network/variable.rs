//! The parameters of a network as one candle variable.
//!
//! One flat variable, not one for each name: kernels, optimizer and sums over several machines pass over all
//! parameters at once, and the gradient lands in one buffer.

use std::cell::RefCell;

use candle_core::{CpuStorage, Device, InplaceOp1, Layout, Result, Storage, Tensor, Var};

/// The flat parameters in the order of [`super::ParameterLayout`], in the processor's memory. Clones are the same variable.
#[derive(Clone, Debug)]
pub struct Parameters(Var);

impl Parameters {
    /// A variable with these values.
    ///
    /// # Errors
    /// As candle does where there is no memory for it.
    pub fn new(values: Vec<f32>) -> Result<Self> {
        let count = values.len();
        Ok(Self(Var::from_vec(values, count, &Device::Cpu)?))
    }

    /// The variable: gradients are found under it.
    pub fn variable(&self) -> &Var {
        &self.0
    }

    /// The gradient of `loss` by all parameters, flat.
    ///
    /// # Errors
    /// If it does not depend on them, or its backward pass fails.
    pub fn gradient_of(&self, loss: &Tensor) -> Result<Tensor> {
        match loss.backward()?.remove(&self.0) {
            Some(gradient) => Ok(gradient),
            None => candle_core::bail!("the loss does not depend on the parameters"),
        }
    }

    /// Reads the values without a copy.
    ///
    /// # Errors
    /// What `read` returns.
    pub fn read<T>(&self, read: impl FnOnce(&[f32]) -> Result<T>) -> Result<T> {
        read_flat(&self.0, read)
    }

    /// Changes the values in place.
    ///
    /// # Errors
    /// As candle does where the variable is in use.
    pub fn change(&self, change: impl FnOnce(&mut [f32])) -> Result<()> {
        change_flat(&self.0, change)
    }
}

/// Reads a contiguous tensor in the processor's memory without a copy.
///
/// # Errors
/// If it is not that, and what `read` returns.
pub(crate) fn read_flat<T>(tensor: &Tensor, read: impl FnOnce(&[f32]) -> Result<T>) -> Result<T> {
    let (storage, layout) = tensor.storage_and_layout();
    match &*storage {
        Storage::Cpu(storage) => read(flat(storage, layout)?),
        _ => candle_core::bail!("the tensor is not in the processor's memory"),
    }
}

/// Changes a contiguous tensor in the processor's memory in place.
///
/// # Errors
/// If it is not that.
pub(crate) fn change_flat(tensor: &Tensor, change: impl FnOnce(&mut [f32])) -> Result<()> {
    tensor.inplace_op1(&Change(RefCell::new(Some(change))))
}

/// The values of a contiguous tensor.
///
/// # Errors
/// If it is not contiguous, or not of 32-bit numbers.
pub(crate) fn flat<'a>(storage: &'a CpuStorage, layout: &Layout) -> Result<&'a [f32]> {
    match layout.contiguous_offsets() {
        Some((start, end)) => Ok(&storage.as_slice::<f32>()?[start..end]),
        None => candle_core::bail!("the tensor is not contiguous"),
    }
}

/// As [`flat`], to be changed.
///
/// # Errors
/// As [`flat`].
pub(crate) fn flat_mut<'a>(storage: &'a mut CpuStorage, layout: &Layout) -> Result<&'a mut [f32]> {
    match (layout.contiguous_offsets(), storage) {
        (Some((start, end)), CpuStorage::F32(values)) => Ok(&mut values[start..end]),
        _ => candle_core::bail!("the tensor is not a contiguous one of 32-bit numbers"),
    }
}

struct Change<F>(RefCell<Option<F>>);

impl<F: FnOnce(&mut [f32])> InplaceOp1 for Change<F> {
    fn name(&self) -> &'static str {
        "change"
    }

    fn cpu_fwd(&self, storage: &mut CpuStorage, layout: &Layout) -> Result<()> {
        let values = flat_mut(storage, layout)?;
        if let Some(change) = self.0.take() {
            change(values);
        }
        Ok(())
    }
}
