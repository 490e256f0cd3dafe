//! Finds the devices of a machine and opens them.

use super::trouble::{Outcome, Trouble, without_panics};

/// A device that could be opened.
#[derive(Clone, Debug)]
pub struct Adapter {
    adapter: wgpu::Adapter,
    /// As its driver calls it.
    pub name: String,
    /// Whether it is a processor that stands in for a device.
    pub is_software: bool,
    /// The interface to its driver: `Vulkan`, `Metal` or `DirectX 12`.
    pub interface: &'static str,
}

/// A device that was opened.
#[derive(Debug)]
pub struct Opened {
    pub device: wgpu::Device,
    pub queue: wgpu::Queue,
    pub name: String,
}

/// All devices, those that are no software first. None where there is no driver.
pub fn adapters() -> Vec<Adapter> {
    let list = || {
        let mut descriptor = wgpu::InstanceDescriptor::new_without_display_handle();
        descriptor.backends = wgpu::Backends::VULKAN | wgpu::Backends::METAL | wgpu::Backends::DX12;
        // Layers for debugging, which builds for debugging would load, are for those who develop.
        descriptor.flags = wgpu::InstanceFlags::empty();
        let instance = wgpu::Instance::new(descriptor);
        let found = pollster::block_on(instance.enumerate_adapters(wgpu::Backends::all()));
        Ok(found.into_iter().map(Adapter::of).collect::<Vec<_>>())
    };
    let mut found = without_panics(list).unwrap_or_default();
    found.sort_by_key(|adapter| adapter.is_software);
    found
}

impl Adapter {
    fn of(adapter: wgpu::Adapter) -> Self {
        let info = adapter.get_info();
        Adapter {
            adapter,
            name: info.name,
            is_software: info.device_type == wgpu::DeviceType::Cpu,
            interface: match info.backend {
                wgpu::Backend::Metal => "Metal",
                wgpu::Backend::Dx12 => "DirectX 12",
                _ => "Vulkan",
            },
        }
    }

    /// Opens the device, with the limits that every device has.
    ///
    /// # Errors
    /// The driver refuses.
    pub fn open(&self) -> Outcome<Opened> {
        without_panics(|| {
            let descriptor = wgpu::DeviceDescriptor {
                label: Some("cmx"),
                required_limits: wgpu::Limits::defaults(),
                ..Default::default()
            };
            let opened = pollster::block_on(self.adapter.request_device(&descriptor));
            let (device, queue) = opened.map_err(|error| Trouble(error.to_string()))?;
            // By default, an error that nobody asks for ends the process.
            device.on_uncaptured_error(std::sync::Arc::new(|_| {}));
            Ok(Opened { device, queue, name: self.name.clone() })
        })
    }
}
