//! Selection of extended attributes to store or to restore.

/// Which extended attributes of a file to store or to restore.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Xattrs {
    /// No attributes.
    #[default]
    None,
    /// Attributes whose names begin with `user.`. They hold data and grant no rights.
    User,
    /// All attributes, also access lists, capabilities and labels. An archive from somebody else
    /// could grant rights with them.
    All,
}

impl Xattrs {
    /// Is the attribute with this `name` selected?
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
