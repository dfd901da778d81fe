//! What `traces/README.md` promises about the order of a page's events, checked event by event.

use std::collections::HashMap;

use dormouse_driver::Gfn;

use super::event::{END, Event, Kind};

/// Most instructions from the first to the last store of a [`Kind::Zeroed`].
pub const LONGEST_ZEROING: u64 = 100_000;
/// The last phase that has a number of its own; then comes [`END`].
const LAST_PHASE: u32 = 8;

/// A promise that an event breaks: the column, and what the format says about it.
pub type Broken = (&'static str, String);

/// What the events so far say about a page.
#[derive(Clone, Copy, Debug, Default)]
pub struct Page {
    /// `icount` of the first touch by the processor.
    pub touched: Option<u64>,
    /// `icount` of the first store of a value that is not zero.
    pub stored: Option<u64>,
    /// `icount` of the last whole zeroing.
    zeroed: Option<u64>,
    /// The processor has loaded from it before it stored.
    read: bool,
    /// The processor has stored something, zero or not.
    written: bool,
    /// Something that is not zero was stored since the last zeroing.
    live: bool,
    /// A device's data was seen since the last zeroing.
    device: bool,
}

/// Every page that an event names, and the phase of the boot.
#[derive(Clone, Debug, Default)]
pub struct Pages {
    pages: HashMap<Gfn, Page>,
    phase: u32,
}

impl Pages {
    /// What is known about a page.
    pub fn get(&self, gfn: Gfn) -> Page {
        self.pages.get(&gfn).copied().unwrap_or_default()
    }

    /// Takes the next event.
    ///
    /// # Errors
    /// The promise that it breaks; the event then leaves nothing behind.
    pub fn see(&mut self, event: &Event) -> Result<(), Broken> {
        columns(event)?;
        if event.kind == Kind::Phase {
            return self.begin(event);
        }
        let mut page = self.get(event.gfn);
        page.see(event)?;
        self.pages.insert(event.gfn, page);
        Ok(())
    }

    fn begin(&mut self, event: &Event) -> Result<(), Broken> {
        keep(event.gfn.0 == 0, "gpfn", || {
            "a phase has no page, so this must be 0".into()
        })?;
        let known = (1..=LAST_PHASE).contains(&event.aux) || event.aux == END;
        keep(known, "aux", || {
            format!("phases are 1 to {LAST_PHASE}, and {END} at the end")
        })?;
        keep(event.aux > self.phase, "aux", || {
            format!(
                "each phase begins once, in order, and phase {} has begun before",
                self.phase
            )
        })?;
        self.phase = event.aux;
        Ok(())
    }
}

fn keep(kept: bool, column: &'static str, promise: impl FnOnce() -> String) -> Result<(), Broken> {
    if kept {
        Ok(())
    } else {
        Err((column, promise()))
    }
}

/// What the columns of one event promise by themselves.
fn columns(event: &Event) -> Result<(), Broken> {
    keep(event.vcpu == 0, "vcpu", || {
        "a recording has one processor, number 0".into()
    })?;
    if event.kind == Kind::Zeroed {
        keep(event.dur.is_some(), "dur", || {
            "a zeroing (kind Z) says how many instructions it took".into()
        })?;
        let dur = event.dur.unwrap_or_default();
        keep(dur <= LONGEST_ZEROING, "dur", || {
            format!("a zeroing (kind Z) takes at most {LONGEST_ZEROING} instructions")
        })?;
        keep(dur <= event.icount.0, "dur", || {
            "the zeroing would have begun before reset".into()
        })?;
    } else {
        keep(event.dur.is_none(), "dur", || {
            "only a zeroing (kind Z) has one".into()
        })?;
        keep(event.site.is_none(), "site", || {
            "only a zeroing (kind Z) has one".into()
        })?;
    }
    let most = match event.kind {
        Kind::FirstRead | Kind::Zeroed | Kind::FoundDevice => 2,
        Kind::FirstWriteZero => 1,
        Kind::FirstWrite => 3,
        Kind::Rewritten | Kind::ReadDevice | Kind::Fetch => 0,
        Kind::Phase => END,
    };
    keep(event.aux <= most, "aux", || {
        format!("kind {} has 0 to {most}", event.kind)
    })
}

impl Page {
    fn see(&mut self, event: &Event) -> Result<(), Broken> {
        let aux = event.aux;
        let untouched = |page: &Self| {
            keep(page.touched.is_none(), "kind", || {
                "the first touch of a page, and it was touched before".into()
            })
        };
        match event.kind {
            Kind::FirstRead => {
                keep(!self.read, "kind", || {
                    "the first load from a page, and it was loaded before".into()
                })?;
                keep(!self.written, "kind", || {
                    "a load before the processor's first store, and it has stored before".into()
                })?;
                self.read = true;
                self.device |= aux > 0;
            }
            Kind::Fetch => untouched(self)?,
            Kind::FirstWriteZero => {
                untouched(self)?;
                self.written = true;
                self.device |= aux == 1;
            }
            Kind::FirstWrite => self.first_write(aux, event.icount.0)?,
            Kind::Zeroed => {
                self.zeroing(event)?;
                *self = Self {
                    zeroed: Some(event.icount.0),
                    written: true,
                    live: false,
                    device: false,
                    ..*self
                };
            }
            Kind::Rewritten => {
                keep(self.zeroed.is_some(), "kind", || {
                    "a store after a zeroing (kind Z), and there was none".into()
                })?;
                keep(self.stored.is_some(), "kind", || {
                    "the page's first store that is not zero is a W".into()
                })?;
                keep(!self.live, "kind", || {
                    "the first store since the zeroing, and there was one before".into()
                })?;
                self.live = true;
            }
            Kind::ReadDevice => {
                keep(
                    self.zeroed.is_some() && !self.live && !self.device,
                    "kind",
                    || {
                        "a page that is believed to be zero since its zeroing (kind Z), and it is not".into()
                    },
                )?;
                self.device = true;
            }
            Kind::FoundDevice => {
                let (fits, state) = match aux {
                    0 => (self.touched.is_none(), "never touched"),
                    1 => (self.touched.is_some(), "touched"),
                    _ => (self.zeroed.is_some(), "zeroed before"),
                };
                keep(fits, "aux", || {
                    format!("the page would be {state}, and it is not")
                })?;
                self.device = true;
                return Ok(());
            }
            Kind::Phase => return Ok(()),
        }
        self.touched = self.touched.or(Some(event.icount.0));
        Ok(())
    }

    fn first_write(&mut self, aux: u32, icount: u64) -> Result<(), Broken> {
        keep(self.stored.is_none(), "kind", || {
            "the first store ever of a value that is not zero, and there was one before".into()
        })?;
        let not = |is: bool| if is { "" } else { "not " };
        let touched = self.touched.is_some();
        keep((aux & 1 == 1) == touched, "aux", || {
            format!(
                "bit 0 says whether the page was touched before, and it was {}touched",
                not(touched)
            )
        })?;
        let zeroed = self.zeroed.is_some();
        keep(aux & 2 == 0 || zeroed, "aux", || {
            "bit 1 says that a zeroing (kind Z) came before, and none did".into()
        })?;
        keep(aux & 2 == 2 || !zeroed || self.device, "aux", || {
            "bit 1 says whether the page is known to be zero, and a zeroing (kind Z) came before"
                .into()
        })?;
        self.stored = Some(icount);
        (self.written, self.live) = (true, true);
        Ok(())
    }

    /// Checks what a zeroing says about itself and about the page before it.
    fn zeroing(&self, event: &Event) -> Result<(), Broken> {
        let start = event.icount.0 - event.dur.unwrap_or_default();
        keep(self.zeroed.is_none_or(|at| at <= start), "dur", || {
            "the zeroing would have begun before the last one of this page was over".into()
        })?;
        let (fits, state) = match event.aux {
            0 => {
                let untouched = self.touched.is_none_or(|at| at >= start);
                (untouched && self.zeroed.is_none(), "never touched")
            }
            1 => (self.touched.is_some() && !self.live, "touched and zero"),
            _ => (self.live || self.device, "in use"),
        };
        keep(fits, "aux", || {
            format!("the page would have been {state} before, and it was not")
        })
    }
}
