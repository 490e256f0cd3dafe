//! Which extended attributes are stored and restored.

/// The extended attributes of a file that are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Xattrs {
    /// None.
    #[default]
    None,
    /// Those of users, whose names begin with `user.`: they hold data and give no rights.
    User,
    /// All, with access lists, capabilities and labels: rights that an archive from others could
    /// hand out.
    All,
}

impl Xattrs {
    /// Is the attribute of this name wanted?
    #[must_use]
    pub fn take(self, name: &[u8]) -> bool {
        match self {
            Xattrs::None => false,
            Xattrs::User => name.starts_with(b"user."),
            Xattrs::All => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_attributes_only_unless_all_are_wanted() {
        for name in
            [&b"security.capability"[..], b"system.posix_acl_access", b"trusted.x", b"userx.y"]
        {
            assert!(!Xattrs::User.take(name) && Xattrs::All.take(name) && !Xattrs::None.take(name));
        }
        assert!(Xattrs::User.take(b"user.note") && !Xattrs::None.take(b"user.note"));
    }
}
