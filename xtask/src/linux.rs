//! A kernel for the guest: Debian's source, our configuration, our init, built out of tree into `.tools/linux/`.
//!
//! Nothing of the kernel is ours or is committed. `linux/` holds what is: the configuration's lines beyond `tinyconfig` and
//! the source of the only program. `stamp` is written last and says what the image was made from.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use crate::proc;
use crate::streams::say;

/// The kernel, where set-up leaves it.
pub const IMAGE: &str = ".tools/linux/Image";
/// The series that the configuration is for, and Debian's package that has it.
const SERIES: &str = "6.12";
const PACKAGE: &str = "linux-source-6.12";
/// Where Debian's package puts the source.
const TARBALL: &str = "usr/src/linux-source-6.12.tar.xz";
/// What commands of the cross compiler are called before `gcc`.
const CROSS: &str = "riscv64-linux-gnu-";
/// What the build calls, with the Debian package that has it.
const PROGRAMS: [(&str, &str); 9] = [
    ("riscv64-linux-gnu-gcc", "gcc-riscv64-linux-gnu"),
    ("gcc", "gcc"),
    ("make", "make"),
    ("flex", "flex"),
    ("bison", "bison"),
    ("bc", "bc"),
    ("tar", "tar"),
    ("xz", "xz-utils"),
    ("perl", "perl"),
];

/// What applies our patch.
const PATCH: (&str, &str) = ("patch", "patch");
/// The file that it changes.
const PATCHED: &str = "arch/riscv/include/asm/page.h";

/// What is asked for.
pub struct Options {
    /// A kernel source, in place of Debian's.
    pub source: Option<PathBuf>,
    /// Missing Debian packages are installed.
    pub install: bool,
    /// The kernel clears pages by the board's doorbell: a patch of ours.
    pub doorbell: bool,
}

/// One kernel in `.tools/linux/`.
struct Kernel {
    /// The image, and what else belongs to it.
    image: &'static str,
    map: &'static str,
    stamp: &'static str,
    build: &'static str,
    patch: Option<&'static str>,
}

/// The kernel as it is.
const PLAIN: Kernel = Kernel {
    image: "Image",
    map: "System.map",
    stamp: "stamp",
    build: "build",
    patch: None,
};

/// The one that rings.
const DOORBELL: Kernel = Kernel {
    image: "Image-doorbell",
    map: "System.map-doorbell",
    stamp: "stamp-doorbell",
    build: "build-doorbell",
    patch: Some("doorbell.patch"),
};

/// `.tools/linux/` of one clone.
struct Dir<'a> {
    root: &'a Path,
}

impl Dir<'_> {
    fn path(&self, name: &str) -> PathBuf {
        self.root.join(".tools/linux").join(name)
    }

    fn ours(&self, name: &str) -> PathBuf {
        self.root.join("linux").join(name)
    }

    /// All that decides what the image is.
    fn stamp(&self, source: &Path, kernel: &Kernel) -> Result<String> {
        let mut text = format!("{}\n", source.display());
        for name in ["config", "init.c"].into_iter().chain(kernel.patch) {
            let path = self.ours(name);
            text += &fs::read_to_string(&path)
                .with_context(|| format!("cannot read {}", path.display()))?;
        }
        Ok(text)
    }
}

/// Names and Debian packages of what `path` lacks.
fn missing(path: &OsStr, patch: bool) -> Vec<(&'static str, &'static str)> {
    let lacks = |(name, _): &(&str, &str)| proc::find_program(name, path).is_none();
    let programs = PROGRAMS.into_iter().chain(patch.then_some(PATCH));
    programs.filter(lacks).collect()
}

/// Makes sure that the programs are there.
fn check_programs(options: &Options) -> Result<()> {
    let (install, doorbell) = (options.install, options.doorbell);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let lacking = missing(&path, doorbell);
    if lacking.is_empty() {
        return Ok(());
    }
    let packages: Vec<_> = lacking.iter().map(|(_, package)| *package).collect();
    let debian = proc::find_program("apt-get", &path).is_some();
    if install && debian {
        say!("setup: apt-get install {}", packages.join(" "));
        proc::run(
            Command::new("apt-get")
                .args(["install", "--yes", "--no-install-recommends"])
                .args(&packages),
        )
        .context("apt-get cannot install them; it may need `apt-get update` first, and root")?;
        ensure!(
            missing(&path, doorbell).is_empty(),
            "still not on PATH: {:?}",
            missing(&path, doorbell)
        );
        return Ok(());
    }
    let names: Vec<_> = lacking.iter().map(|(name, _)| *name).collect();
    bail!(
        "the kernel's build needs what is not on PATH: {}\non Debian run `apt-get install {}`, or give `--install`",
        names.join(", "),
        packages.join(" ")
    );
}

/// The version that a source says it is.
fn version(source: &Path) -> Result<String> {
    let makefile = source.join("Makefile");
    let text = fs::read_to_string(&makefile).with_context(|| {
        format!(
            "{} is no kernel source: no Makefile in it",
            source.display()
        )
    })?;
    let field = |key: &str| {
        let value = |line: &str| {
            Some(
                line.strip_prefix(key)?
                    .trim()
                    .strip_prefix('=')?
                    .trim()
                    .to_owned(),
            )
        };
        text.lines().take(10).find_map(value)
    };
    match (field("VERSION"), field("PATCHLEVEL")) {
        (Some(version), Some(level)) => Ok(format!("{version}.{level}")),
        _ => bail!(
            "{} is no kernel's Makefile: it has no version",
            makefile.display()
        ),
    }
}

/// The kernel's source: the one given, or Debian's, unpacked.
fn source(dir: &Dir<'_>, options: &Options) -> Result<PathBuf> {
    if let Some(source) = &options.source {
        let source = fs::canonicalize(source)
            .with_context(|| format!("--source {} is not there", source.display()))?;
        let found = version(&source)?;
        ensure!(
            found == SERIES,
            "{} is Linux {found}: the configuration is for {SERIES}",
            source.display()
        );
        return Ok(source);
    }
    let unpacked = dir.path("source");
    if dir.path("unpacked").exists() {
        return Ok(unpacked);
    }
    let tarball = tarball(dir)?;
    say!("setup: unpacking {}", tarball.display());
    // What an interrupted run left behind.
    let _ = fs::remove_dir_all(&unpacked);
    fs::create_dir_all(&unpacked)?;
    proc::run(
        Command::new("tar")
            .arg("-xJf")
            .arg(&tarball)
            .arg("-C")
            .arg(&unpacked)
            .arg("--strip-components=1"),
    )?;
    ensure!(
        version(&unpacked)? == SERIES,
        "{} holds no Linux {SERIES}",
        tarball.display()
    );
    fs::write(dir.path("unpacked"), "")?;
    Ok(unpacked)
}

/// The archive of Debian's package: where it is installed, or else downloaded, which needs no root.
fn tarball(dir: &Dir<'_>) -> Result<PathBuf> {
    let installed = Path::new("/").join(TARBALL);
    if installed.exists() {
        return Ok(installed);
    }
    let here = dir.path("package");
    let tarball = here.join(TARBALL);
    if tarball.exists() {
        return Ok(tarball);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    for program in ["apt-get", "dpkg-deb"] {
        ensure!(
            proc::find_program(program, &path).is_some(),
            "no kernel source: this machine has no {program}, so it is no Debian\n\
             fetch Linux {SERIES} from kernel.org and give `--source DIR`"
        );
    }
    fs::create_dir_all(&here)?;
    say!("setup: apt-get download {PACKAGE}");
    proc::run(Command::new("apt-get").args(["download", PACKAGE]).current_dir(&here))
        .with_context(|| {
            format!("apt-get has no {PACKAGE} for this Debian: run `apt-get update`, or give `--source DIR` with Linux {SERIES}")
        })?;
    let package = fs::read_dir(&here)?
        .flatten()
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|end| end == "deb"))
        .with_context(|| format!("apt-get left no package in {}", here.display()))?;
    proc::run(Command::new("dpkg-deb").arg("-x").arg(&package).arg(&here))?;
    fs::remove_file(package)?;
    ensure!(tarball.exists(), "{PACKAGE} has no {TARBALL}");
    Ok(tarball)
}

/// Lines of our configuration that the kernel's own rules did not keep.
fn dropped(ours: &str, config: &str) -> Vec<String> {
    let has = |line: &str| config.lines().any(|kept| kept == line);
    ours.lines()
        .filter(|line| line.starts_with("CONFIG_") || line.ends_with("is not set"))
        .filter(|line| {
            // What does not exist at all is not set either.
            let unset = line
                .strip_prefix("# ")
                .and_then(|line| line.strip_suffix(" is not set"));
            match unset {
                Some(name) => has(&format!("{name}=y")),
                None => !has(line),
            }
        })
        .map(str::to_owned)
        .collect()
}

/// Builds init, and the list from which the kernel makes its first file system.
fn build_init(dir: &Dir<'_>, build: &Path) -> Result<()> {
    proc::run(
        Command::new(format!("{CROSS}gcc"))
            .args([
                "-march=rv32ima_zicsr",
                "-mabi=ilp32",
                "-O2",
                "-Wall",
                "-Werror",
            ])
            // A loop that clears is a loop of stores, not a call of a `memset` that nobody has.
            .args([
                "-ffreestanding",
                "-fno-stack-protector",
                "-fno-tree-loop-distribute-patterns",
            ])
            .args(["-nostdlib", "-static-pie", "-fPIE"])
            .args(["-Wl,--no-dynamic-linker", "-Wl,--build-id=none", "-s", "-o"])
            .arg(dir.path("init"))
            .arg(dir.ours("init.c")),
    )
    .context("init does not build")?;
    let mut list = String::from(
        "dir /dev 0755 0 0\nnod /dev/console 0600 0 0 c 5 1\nnod /dev/kmsg 0600 0 0 c 1 11\n",
    );
    let program = fs::canonicalize(dir.path("init"))?;
    let _ = writeln!(list, "file /init {} 0755 0 0", program.display());
    fs::write(build.join("initramfs.txt"), list)?;
    Ok(())
}

/// The source with our patch: links to all of it, but for the file that is changed.
fn patched(dir: &Dir<'_>, source: &Path, patch: &str) -> Result<PathBuf> {
    let copy = dir.path("source-patched");
    let _ = fs::remove_dir_all(&copy);
    proc::run(
        Command::new("cp")
            .args(["--recursive", "--symbolic-link"])
            .arg(fs::canonicalize(source)?)
            .arg(&copy),
    )?;
    let file = copy.join(PATCHED);
    fs::remove_file(&file).with_context(|| format!("{} has no {PATCHED}", source.display()))?;
    fs::copy(source.join(PATCHED), &file)?;
    proc::run(
        Command::new("patch")
            .args(["--silent", "-p1", "-d"])
            .arg(&copy)
            .arg("-i")
            .arg(fs::canonicalize(dir.ours(patch))?),
    )
    .with_context(|| format!("linux/{patch} does not fit this source"))?;
    Ok(copy)
}

/// Fetches, configures and builds what is missing or out of date; the image is `.tools/linux/Image`, and
/// `.tools/linux/Image-doorbell` the one that clears pages by the doorbell.
///
/// # Errors
/// What is missing and how to get it, or the step that failed.
pub fn setup(root: &Path, options: &Options) -> Result<()> {
    check_programs(options)?;
    let dir = Dir { root };
    fs::create_dir_all(dir.path(""))?;
    let lock = fs::File::create(dir.path("lock")).context("cannot write into .tools/linux/")?;
    lock.lock().context("cannot lock .tools/linux/lock")?;
    let source = source(&dir, options)?;
    build(&dir, &source, &PLAIN)?;
    if options.doorbell {
        build(&dir, &source, &DOORBELL)?;
    }
    Ok(())
}

/// Builds one kernel, unless it is up to date.
fn build(dir: &Dir<'_>, source: &Path, kernel: &Kernel) -> Result<()> {
    let stamp = dir.stamp(source, kernel)?;
    if fs::read_to_string(dir.path(kernel.stamp)).is_ok_and(|have| have == stamp)
        && dir.path(kernel.image).exists()
    {
        return Ok(());
    }
    let _ = fs::remove_file(dir.path(kernel.stamp));
    let source = match kernel.patch {
        Some(patch) => patched(dir, source, patch)?,
        None => source.to_owned(),
    };
    let build = dir.path(kernel.build);
    fs::create_dir_all(&build)?;
    let build = fs::canonicalize(build)?;
    build_init(dir, &build)?;

    let make = |targets: &[&str]| {
        let mut command = Command::new("make");
        command
            .arg("-C")
            .arg(&source)
            .arg(format!("O={}", build.display()))
            .args(["ARCH=riscv", &format!("CROSS_COMPILE={CROSS}"), "--silent"])
            // The image says nothing of who built it, when and where.
            .env("KBUILD_BUILD_TIMESTAMP", "1970-01-01")
            .env("KBUILD_BUILD_USER", "dormouse")
            .env("KBUILD_BUILD_HOST", "dormouse")
            .args(targets);
        proc::run(&mut command)
    };
    say!("setup: configuring Linux {SERIES}");
    make(&["tinyconfig"])?;
    let config = build.join(".config");
    let ours = fs::read_to_string(dir.ours("config"))?;
    let merged = format!("{}\n{ours}", fs::read_to_string(&config)?);
    // Of two lines for one symbol the last one holds.
    fs::write(&config, merged)?;
    make(&["olddefconfig"])?;
    let dropped = dropped(&ours, &fs::read_to_string(&config)?);
    ensure!(
        dropped.is_empty(),
        "this kernel does not take these lines of linux/config: {}",
        dropped.join(", ")
    );
    let jobs = std::thread::available_parallelism().map_or(1, usize::from);
    say!("setup: building Linux {SERIES} (some two minutes on two cores)");
    make(&[&format!("-j{jobs}"), "Image"])?;
    for (from, to) in [
        ("arch/riscv/boot/Image", kernel.image),
        ("System.map", kernel.map),
    ] {
        fs::copy(build.join(from), dir.path(to))
            .with_context(|| format!("the kernel's build made no {from}"))?;
    }
    fs::write(dir.path(kernel.stamp), stamp)?;
    say!("setup: .tools/linux/{}", kernel.image);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_the_kernel_drops_is_named() {
        let ours = "# words\nCONFIG_A=y\n# CONFIG_B is not set\nCONFIG_C=y\n";
        assert_eq!(
            dropped(ours, "CONFIG_A=y\nCONFIG_B=y\n"),
            ["# CONFIG_B is not set", "CONFIG_C=y"]
        );
        assert!(dropped(ours, "CONFIG_A=y\nCONFIG_C=y\n").is_empty());
    }

    #[test]
    fn a_missing_program_is_named_with_its_package() {
        let lacking = missing(OsStr::new("/nonexistent"), false);
        assert_eq!(lacking.len(), PROGRAMS.len());
        assert!(lacking.contains(&("riscv64-linux-gnu-gcc", "gcc-riscv64-linux-gnu")));
    }

    #[test]
    fn a_folder_that_is_no_kernel_and_a_kernel_of_another_series_are_told_apart() {
        let dir = tempfile::tempdir().unwrap();
        let options = Options {
            source: Some(dir.path().to_owned()),
            install: false,
            doorbell: false,
        };
        let root = Dir { root: dir.path() };
        let error = source(&root, &options).unwrap_err().to_string();
        assert!(error.contains("no kernel source"), "{error}");
        fs::write(
            dir.path().join("Makefile"),
            "VERSION = 5\nPATCHLEVEL = 10\n",
        )
        .unwrap();
        let error = source(&root, &options).unwrap_err().to_string();
        assert!(error.contains("is Linux 5.10"), "{error}");
        fs::write(
            dir.path().join("Makefile"),
            "VERSION = 6\nPATCHLEVEL = 12\n",
        )
        .unwrap();
        assert!(source(&root, &options).is_ok());
    }
}
