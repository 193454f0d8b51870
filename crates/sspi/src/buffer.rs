//! `SecBuffer` and `SecBufferDesc` over memory of ours.

use gatepass_backend::{Error, ErrorKind};
use windows_sys::Win32::Security::Authentication::Identity::{SECBUFFER_VERSION, SecBuffer, SecBufferDesc};

/// A buffer of the kind `kind` over `bytes`, which SSPI may write to.
pub(crate) fn writable(kind: u32, bytes: &mut [u8]) -> Result<SecBuffer, Error> {
    Ok(SecBuffer { cbBuffer: length(bytes)?, BufferType: kind, pvBuffer: bytes.as_mut_ptr().cast() })
}

/// A buffer of the kind `kind` over `bytes`, which SSPI only reads: an incoming token, a message that is signed. The
/// structure knows no such difference.
pub(crate) fn readable(kind: u32, bytes: &[u8]) -> Result<SecBuffer, Error> {
    Ok(SecBuffer { cbBuffer: length(bytes)?, BufferType: kind, pvBuffer: bytes.as_ptr().cast_mut().cast() })
}

/// The descriptor of `buffers`.
pub(crate) fn description(buffers: &mut [SecBuffer]) -> Result<SecBufferDesc, Error> {
    Ok(SecBufferDesc {
        ulVersion: SECBUFFER_VERSION,
        cBuffers: u32::try_from(buffers.len()).map_err(|_| too_long())?,
        pBuffers: buffers.as_mut_ptr(),
    })
}

/// What SSPI has left of `bytes` behind `buffer`.
pub(crate) fn written(mut bytes: Vec<u8>, buffer: &SecBuffer) -> Result<Vec<u8>, Error> {
    let length = usize::try_from(buffer.cbBuffer).map_err(|_| too_long())?;
    if length > bytes.len() {
        return Err(Error::with_source(
            ErrorKind::Internal,
            "secur32 says that it wrote more than there was room for",
        ));
    }
    bytes.truncate(length);
    Ok(bytes)
}

fn length(bytes: &[u8]) -> Result<u32, Error> {
    u32::try_from(bytes.len()).map_err(|_| too_long())
}

fn too_long() -> Error {
    Error::with_source(ErrorKind::Unsupported, "secur32 takes no message of 4 GiB or more: send it in parts")
}
