//! Lists the security packages of this machine: `cargo run -p gatepass-sspi --example packages`.
#![expect(clippy::print_stdout, reason = "printing is what it is for")]

#[cfg(windows)]
fn main() -> Result<(), gatepass_backend::Error> {
    for package in gatepass_sspi::packages()? {
        println!("{} ({})", package.name, package.comment);
        println!("  tokens of at most {} bytes, interface version {}", package.max_token, package.version);
        println!("  {}", package.capabilities);
    }
    Ok(())
}

#[cfg(not(windows))]
fn main() {
    println!("SSPI is part of Windows: run this there");
}
