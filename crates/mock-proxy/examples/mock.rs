//! A mock proxy to try clients against by hand: says what to type, and on Enter (or at the end of standard input) shows what
//! happened.
#![expect(clippy::print_stdout, reason = "an example talks to its reader")]

use gatepass_mock_proxy::MockProxy;
use std::error::Error;
use std::io::{Read, Write};

fn main() -> Result<(), Box<dyn Error>> {
    let proxy =
        MockProxy::new().account("CORP", "alice", "pw").origin_account("CORP", "bob", "pw2").start()?;
    let ca = std::env::temp_dir().join(format!("gatepass-mock-ca-{}.pem", proxy.address().port()));
    std::fs::write(&ca, proxy.ca_pem())?;

    println!("listening on {}", proxy.url());
    let options =
        format!("curl -x {} --proxy-ntlm -U 'CORP\\alice:pw' --cacert {}", proxy.url(), ca.display());
    println!("  {options} {}", proxy.origin_url());
    println!("  {options} {}", proxy.secure_origin_url());
    println!("  {options} --ntlm -u 'CORP\\bob:pw2' {}ntlm/", proxy.origin_url());
    println!("Enter ends it.");
    std::io::stdout().flush()?;

    // A byte or the end of input, whichever comes.
    let _ = std::io::stdin().read(&mut [0])?;
    println!("{}", proxy.finish());
    std::fs::remove_file(&ca)?;
    Ok(())
}
