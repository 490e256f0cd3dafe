//! The memory that this process may use: the memory of the machine and the limits of its control
//! groups.

use std::fs;
use std::path::{Path, PathBuf};

/// Three quarters of the smallest of these: the memory of the machine and the limits of the control
/// groups, in bytes. 8 GiB if the system does not tell.
pub fn default() -> u64 {
    allowed(Path::new("/")).map_or(8 << 30, |bytes| bytes / 4 * 3)
}

/// Bytes of memory that this process may use at most, according to the files under `root`.
fn allowed(root: &Path) -> Option<u64> {
    let machine = || {
        let text = fs::read_to_string(root.join("proc/meminfo")).ok()?;
        let kib = text.lines().find_map(|line| {
            line.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok()
        })?;
        kib.checked_mul(1024)
    };
    let groups = fs::read_to_string(root.join("proc/self/cgroup")).unwrap_or_default();
    let limits = groups.lines().filter_map(|line| limit_of(root, line));
    limits.chain(machine()).min()
}

/// The smallest limit, in bytes, of the group that a line of `/proc/self/cgroup` names and of the
/// groups that contain it.
fn limit_of(root: &Path, line: &str) -> Option<u64> {
    let mut parts = line.splitn(3, ':').skip(1);
    let (controllers, path) = (parts.next()?, parts.next()?);
    // Version 2 of control groups has one tree without a name, version 1 one tree for each
    // controller.
    let (tree, file) = match controllers {
        "" => ("sys/fs/cgroup", "memory.max"),
        _ if controllers.split(',').any(|name| name == "memory") => {
            ("sys/fs/cgroup/memory", "memory.limit_in_bytes")
        }
        _ => return None,
    };
    let tree = root.join(tree);
    let group: PathBuf = tree.join(path.trim_start_matches('/'));
    // In a container the path may be that of the host. The root of the tree is then the group
    // itself.
    let folders = group.ancestors().take_while(|folder| folder.starts_with(&tree)).chain([&*tree]);
    folders
        .filter_map(|folder| fs::read_to_string(folder.join(file)).ok()?.trim().parse().ok())
        .min()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(files: &[(&str, &str)]) -> Option<u64> {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        allowed(root.path())
    }

    const MACHINE: (&str, &str) = ("proc/meminfo", "MemTotal:        2048 kB\nMemFree: 7 kB\n");

    #[test]
    fn the_least_limit_counts() {
        assert_eq!(machine(&[]), None);
        assert_eq!(machine(&[MACHINE]), Some(2 << 20));
        let second = ("proc/self/cgroup", "0::/a/b\n");
        let none = ("sys/fs/cgroup/a/b/memory.max", "max\n");
        assert_eq!(machine(&[MACHINE, second, none]), Some(2 << 20));
        assert_eq!(
            machine(&[MACHINE, second, none, ("sys/fs/cgroup/a/memory.max", "1000\n")]),
            Some(1000)
        );
        assert_eq!(
            machine(&[second, ("sys/fs/cgroup/memory.max", "500\n")]),
            Some(500),
            "the group of a container is its root"
        );
        let first = ("proc/self/cgroup", "5:cpu:/x\n4:hugetlb,memory:/y\n0::/z\n");
        let cpu = ("sys/fs/cgroup/cpu/x/memory.limit_in_bytes", "1");
        let unlimited = ("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
        assert_eq!(machine(&[MACHINE, first, cpu, unlimited]), Some(2 << 20));
        assert_eq!(
            machine(&[
                MACHINE,
                first,
                cpu,
                unlimited,
                ("sys/fs/cgroup/memory/y/memory.limit_in_bytes", "300\n")
            ]),
            Some(300)
        );
    }
}
