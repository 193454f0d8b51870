//! Measures every figure afresh, beside the peers, and prints the table of `README.md`.
//!
//! ```text
//! ratios [--json] [--no-weight] [FIGURE]...
//! ```
//! `--json` prints a line for each figure and peer instead; FIGURE measures only the figures whose names contain the word.
//! The peers are built and run as the program of `peers/`, which measures all of it in one process; the allocations are
//! counted here, where the allocator may be slower for it. `--no-weight` leaves out the two clean builds.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the program's output and its errors")]

use gatepass_benches::{HEAD, Measured, Weight};
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

fn main() -> ExitCode {
    match run() {
        Ok(code) => code,
        Err(error) => {
            eprintln!("ratios: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<ExitCode, Box<dyn Error>> {
    let (options, figures): (Vec<_>, Vec<_>) =
        std::env::args().skip(1).partition(|word| word.starts_with("--"));
    if let Some(unknown) = options.iter().find(|option| !["--json", "--no-weight"].contains(&option.as_str()))
    {
        return Err(format!("{unknown} is no option; there are --json and --no-weight").into());
    }
    let json = options.iter().any(|option| option == "--json");
    let weigh = figures.is_empty() && !options.iter().any(|option| option == "--no-weight");

    let output = cargo(&["run", "--release", "-q", "--manifest-path"])
        .arg(peers())
        .arg("--")
        .args(&figures)
        .stderr(Stdio::inherit())
        .output()?;
    if !output.status.success() {
        let code = output.status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
        return Ok(ExitCode::from(code));
    }
    let allocations = allocations();
    if !json {
        println!("{HEAD}");
    }
    for line in std::str::from_utf8(&output.stdout)?.lines() {
        let mut measured: Measured = serde_json::from_str(line)?;
        measured.allocs = allocations.get(measured.name.as_str()).copied();
        if json {
            println!("{}", serde_json::to_string(&measured)?);
        } else {
            println!("{}", measured.row());
        }
    }
    if weigh {
        let weights = [packages()?, build()?];
        if !json {
            println!("\n| weight | gatepass-engine | peer | peer's |\n|---|--:|---|--:|");
        }
        for weight in weights {
            if json {
                println!("{}", serde_json::to_string(&weight)?);
            } else {
                println!("{}", weight.row());
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The heap allocations of one operation of each figure.
fn allocations() -> BTreeMap<&'static str, u64> {
    let mut counts = BTreeMap::new();
    for mut figure in gatepass_benches::figures() {
        let mut count = 0;
        let mut counting =
            |operation: &mut dyn FnMut()| count = allocation_counter::measure(operation).count_total;
        // The first call may fill what lives as long as the thread.
        figure.ours.once(&mut counting);
        figure.ours.once(&mut counting);
        counts.insert(figure.name, count);
    }
    counts
}

/// How many packages a build of the engine takes, and one of sspi.
fn packages() -> Result<Weight, Box<dyn Error>> {
    let count = |manifest: &Path, package: &str| {
        let tree = ["tree", "-q", "--prefix", "none", "-e", "normal,build", "-p", package, "--manifest-path"];
        let output = cargo(&tree).arg(manifest).stderr(Stdio::inherit()).output()?;
        let names: BTreeSet<_> = std::str::from_utf8(&output.stdout)?
            .lines()
            .filter_map(|line| line.split(" (").next())
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect();
        if output.status.success() && !names.is_empty() {
            Ok(f64::from(u32::try_from(names.len())?))
        } else {
            Err(Box::<dyn Error>::from(format!("cargo tree found no packages of {package}")))
        }
    };
    let (ours, peer_value) = (count(&ours(), "gatepass-engine")?, count(&peers(), "sspi")?);
    Ok(Weight {
        name: "weight/packages".into(),
        unit: "packages".into(),
        ours,
        peer: "sspi 0.23".into(),
        peer_value,
    })
}

/// How long a clean release build of each takes, with one job.
fn build() -> Result<Weight, Box<dyn Error>> {
    let seconds = |manifest: &Path, package: &str| {
        let target = tempfile::tempdir()?;
        let start = Instant::now();
        let status = cargo(&["build", "--release", "-q", "--jobs", "1", "-p", package, "--manifest-path"])
            .arg(manifest)
            .arg("--target-dir")
            .arg(target.path())
            .status()?;
        if status.success() {
            Ok(start.elapsed().as_secs_f64())
        } else {
            Err(Box::<dyn Error>::from(format!("{package} does not build")))
        }
    };
    let (ours, peer_value) = (seconds(&ours(), "gatepass-engine")?, seconds(&peers(), "sspi")?);
    Ok(Weight {
        name: "weight/build".into(),
        unit: "seconds".into(),
        ours,
        peer: "sspi 0.23".into(),
        peer_value,
    })
}

fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments);
    command
}

fn ours() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml")
}

fn peers() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/Cargo.toml")
}
