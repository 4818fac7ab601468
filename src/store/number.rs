//! How the database keeps the numbers of ours that have a type of their own: as BIGINT.

use sqlx::any::AnyTypeInfo;
use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::{Any, Database, Decode, Encode, Type};

use crate::ledger::{IssueId, KeyNumber, Owner};
use crate::reader::ReaderId;

macro_rules! keep_as_bigint {
    ($($number:ty),+) => {
        $(
            impl Type<Any> for $number {
                fn type_info() -> AnyTypeInfo {
                    <i64 as Type<Any>>::type_info()
                }

                fn compatible(kind: &AnyTypeInfo) -> bool {
                    <i64 as Type<Any>>::compatible(kind)
                }
            }

            impl Encode<'_, Any> for $number {
                fn encode_by_ref(
                    &self,
                    buffer: &mut <Any as Database>::ArgumentBuffer,
                ) -> Result<IsNull, BoxDynError> {
                    <i64 as Encode<'_, Any>>::encode_by_ref(&self.number(), buffer)
                }
            }

            impl<'r> Decode<'r, Any> for $number {
                fn decode(value: <Any as Database>::ValueRef<'r>) -> Result<Self, BoxDynError> {
                    <i64 as Decode<'r, Any>>::decode(value).map(Self::from)
                }
            }
        )+
    };
}

keep_as_bigint!(IssueId, KeyNumber, Owner, ReaderId);
