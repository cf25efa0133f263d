//! The identifiers of vouchers and codes.
//!
//! A million random identifiers would take more memory than all else that is kept of the codes, index included. So
//! a record is kept under its number, and its identifier is made from the number unless the fixtures gave it one
//! of its own. That makes the identifiers the same in every run, too.

use uuid::Uuid;

/// Whose identifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Voucher,
    VoucherCode,
}

/// The number of the first record that is created at run time. The built-in ones and small fixtures stay below it.
pub(crate) const FIRST_BORN: i64 = 0x101;

const NUMBER_BITS: u32 = 48;
const NUMBER_MASK: u128 = (1 << NUMBER_BITS) - 1;

impl Kind {
    const fn prefix(self) -> u128 {
        match self {
            Self::Voucher => 0xd15c_0000_0000_4000_8000_0000_0000_0000,
            Self::VoucherCode => 0xc0de_0000_0000_4000_8000_0000_0000_0000,
        }
    }

    /// The identifier of the record with a number.
    pub(crate) fn identifier(self, number: i64) -> Uuid {
        Uuid::from_u128(self.prefix() | (u128::from(number.cast_unsigned()) & NUMBER_MASK))
    }

    /// The number in an identifier, if it has the form of this kind.
    pub(crate) fn number(self, identifier: Uuid) -> Option<i64> {
        let bits = identifier.as_u128();
        (bits & !NUMBER_MASK == self.prefix())
            .then(|| i64::try_from(bits & NUMBER_MASK).ok())
            .flatten()
    }
}
