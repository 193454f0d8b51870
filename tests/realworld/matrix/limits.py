"""What the peers of the matrix cannot do, each with the reason. A limit holds for the cells that all its fields name; `shows` is
what a cell then fails with, and empty where there is nothing that could be tried."""
import collections

Limit = collections.namedtuple("Limit", "where why shows")
DATAGRAMS = ("datagram sign", "datagram seal")

# ntlm_auth passes without messages, and says so.
NO_MESSAGES = "keys and flags alone: ntlm_auth has no commands for messages"

ONE_KEYSTREAM = "Samba lets the keystream run on from one side's mechListMIC to the other's where both share it"

LIMITS = [
    Limit({"peer": "impacket", "ours": "client"}, "impacket is a client: its one server is that of SMB, where realworld.sh has our client log in, sign and read", ""),
    Limit({"peer": ("ntlm_auth", "gensec"), "protection": DATAGRAMS}, "Samba begins with NEGOTIATE, which never says DATAGRAM: it has no NTLM for datagrams", ""),
    Limit({"peer": ("pyspnego", "impacket"), "protection": DATAGRAMS}, "the peer has no NTLM for datagrams", ""),
    # Its CHALLENGE says LM_KEY (e2c2b2f5) and our AUTHENTICATE does not (e2808255): by the document, and by pyspnego's functions,
    # the exported key is then 73886930eec41909f3203247d79a2451, and with LM_KEY, as gss-ntlmssp has it,
    # 4eaa844438032d749d9b79ea7a5530f3. Over a connection its CHALLENGE holds no more than our NEGOTIATE.
    Limit(
        {"peer": "gss-ntlmssp", "ours": "client", "dialect": "v1", "protection": DATAGRAMS},
        "without a connection gss-ntlmssp derives keys by what its CHALLENGE offered, whatever AUTHENTICATE settled",
        "the session keys differ",
    ),
    # gss-ntlmssp's ntlm_seal encrypts first and derives the datagram's key then, for the signature alone: with the session key
    # 37253667a3ce5b2715cb70ddb4ddcf56 (flags e2998275, to the server) the word "datagram" under the numbers 7 and then 3 is
    #   sealed by it         228f2925be616d35 a5eef161e972bc8d   a6d04ca9c19b061b c0904ac385a9964c   (message, checksum)
    #   by the document      5ddd766c583620a5 5ee3cba470df9a33   4ea8265c3dd4056e a4a9ca03badb1475
    # Its first message has the keystream of the bare sealing key, each further one what the checksum before it has left, and
    # each checksum the beginning of its datagram's keystream. Its signatures without encryption are those of the document.
    Limit(
        {"peer": "gss-ntlmssp", "protection": "datagram seal"},
        "gss-ntlmssp encrypts a datagram with the keystream that the one before has left, not with its own ([MS-NLMP] 3.4)",
        "UNSEAL: REFUSED",
    ),
    # [MS-SPNG] 3.2.5.1 and 3.3.5.1 have each side put its handle back after its checksum. Without extended session security there
    # is one handle, and Samba puts it back once, after both checksums; gss-ntlmssp and pyspnego do as the document says.
    Limit(
        {"peer": ("ntlm_auth", "gensec"), "dialect": "v1", "wrapping": ("spnego", "spnego-second"), "protection": ("sign", "seal")},
        ONE_KEYSTREAM,
        ("REFUSED the message or its signature", "NT_STATUS_ACCESS_DENIED", "{Access Denied}"),
    ),
    Limit(
        {"peer": "gensec", "ours": "server", "dialect": "v1", "wrapping": "spnego", "protection": "none"},
        f"{ONE_KEYSTREAM}, and its client signs the list unasked",
        "{Access Denied}",
    ),
    Limit(
        {"peer": ("ntlm_auth", "gensec"), "dialect": "v1", "wrapping": "spnego-second", "protection": "none"},
        f"{ONE_KEYSTREAM}, and who falls back to a second choice must sign the list",
        "REFUSED the message or its signature",
    ),
    Limit(
        {"peer": "pyspnego", "wrapping": "spnego-second"},
        "pyspnego takes the optimistic token of a client's first choice for one of the mechanism that it chose itself",
        "unpack requires a buffer",
    ),
]


def named(value, names):
    return value in ([names] if isinstance(names, str) else names)


def find(cell):
    """The limit that holds for `cell`, if one does."""
    for limit in LIMITS:
        if all(named(getattr(cell, field), names) for field, names in limit.where.items()):
            return limit
    return None


def shown(limit, failure):
    """Whether `failure` is that of the limit."""
    return any(part in failure for part in ([limit.shows] if isinstance(limit.shows, str) else limit.shows))
