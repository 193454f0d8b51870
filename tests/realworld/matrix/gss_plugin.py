"""gss-ntlmssp's server of datagrams, called past MIT's GSSAPI, which takes the empty token that it begins with for SPNEGO's."""
import ctypes
import sys
import sysconfig
import types

LIBRARY = f"/usr/lib/{sysconfig.get_config_var('MULTIARCH')}/gssntlmssp/gssntlmssp.so"
COMPLETE, CONTINUE_NEEDED = 0, 1
# 1.2.840.113554.1.2.2.5.5 and 1.3.6.1.4.1.7165.655.1.1, in DER.
SESSION_KEY = bytes.fromhex("2a864886f7120102020505")
SET_SEQ_NUM = bytes.fromhex("2b06010401b77d850f0101")


class Buffer(ctypes.Structure):
    _fields_ = [("length", ctypes.c_size_t), ("value", ctypes.c_void_p)]


class Oid(ctypes.Structure):
    _fields_ = [("length", ctypes.c_uint32), ("elements", ctypes.c_char_p)]


class BufferSet(ctypes.Structure):
    _fields_ = [("count", ctypes.c_size_t), ("elements", ctypes.POINTER(Buffer))]


class PluginError(Exception):
    """A call that did not complete."""


def buffer(data):
    # The string lives as long as the buffer that points to it.
    made = Buffer(len(data), None)
    made.data = ctypes.create_string_buffer(data, max(len(data), 1))
    made.value = ctypes.cast(made.data, ctypes.c_void_p)
    return made


def contents(made):
    return ctypes.string_at(made.value, made.length) if made.length else b""


class Server:
    """A context of the acceptor, with the methods of gssapi.SecurityContext that the driver uses."""

    def __init__(self):
        self.library = ctypes.CDLL(LIBRARY)
        self.context = ctypes.c_void_p()
        self.complete = False

    def call(self, name, *arguments):
        minor = ctypes.c_uint32()
        major = getattr(self.library, name)(ctypes.byref(minor), *arguments)
        if major not in (COMPLETE, CONTINUE_NEEDED):
            raise PluginError(f"{name}: {major & 0xffffffff:#010x}, {minor.value}")
        return major

    def step(self, token):
        out = Buffer()
        given = buffer(token or b"")
        major = self.call(
            "gss_accept_sec_context", ctypes.byref(self.context), None, ctypes.byref(given), None, None, None,
            ctypes.byref(out), None, None, None,
        )
        self.complete = major == COMPLETE
        return contents(out)

    def key(self):
        oid, found = Oid(len(SESSION_KEY), SESSION_KEY), ctypes.POINTER(BufferSet)()
        self.call("gss_inquire_sec_context_by_oid", self.context, ctypes.byref(oid), ctypes.byref(found))
        return contents(found.contents.elements[0])

    def number(self, number):
        oid, value = Oid(len(SET_SEQ_NUM), SET_SEQ_NUM), buffer(number.to_bytes(4, sys.byteorder))
        self.call("gss_set_sec_context_option", ctypes.byref(self.context), ctypes.byref(oid), ctypes.byref(value))

    def get_signature(self, message):
        given, out = buffer(message), Buffer()
        self.call("gss_get_mic", self.context, 0, ctypes.byref(given), ctypes.byref(out))
        return contents(out)

    def verify_signature(self, message, signature):
        given, mic = buffer(message), buffer(signature)
        self.call("gss_verify_mic", self.context, ctypes.byref(given), ctypes.byref(mic), None)

    def wrap(self, message, _):
        given, out = buffer(message), Buffer()
        self.call("gss_wrap", self.context, 1, 0, ctypes.byref(given), None, ctypes.byref(out))
        return types.SimpleNamespace(message=contents(out))

    def unwrap(self, wrapped):
        given, out = buffer(wrapped), Buffer()
        self.call("gss_unwrap", self.context, ctypes.byref(given), ctypes.byref(out), None, None)
        return types.SimpleNamespace(message=contents(out))
