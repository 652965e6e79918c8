//! Where a reader's position is kept.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::PathBuf,
};

/// Keeps a position. It is asked to only once the events up to it were handled.
pub trait Position {
    /// What was kept last; none at the first time.
    ///
    /// # Errors
    ///
    /// Where it cannot be read.
    fn load(&self) -> io::Result<Option<String>>;

    /// Keeps `position` in the place of what was kept.
    ///
    /// # Errors
    ///
    /// Where it cannot be kept.
    fn save(&mut self, position: &str) -> io::Result<()>;
}

/// Keeps it for as long as the program runs.
#[derive(Clone, Debug, Default)]
pub struct MemoryPosition(pub Option<String>);

impl Position for MemoryPosition {
    fn load(&self) -> io::Result<Option<String>> {
        Ok(self.0.clone())
    }

    fn save(&mut self, position: &str) -> io::Result<()> {
        self.0 = Some(position.to_owned());
        Ok(())
    }
}

/// Keeps it in a file that is the old one or the new one, whenever the machine stops.
#[derive(Clone, Debug)]
pub struct FilePosition(PathBuf);

impl FilePosition {
    /// In this file, which need not exist. Its folder must.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }
}

impl Position for FilePosition {
    fn load(&self) -> io::Result<Option<String>> {
        match fs::read_to_string(&self.0) {
            Ok(text) => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn save(&mut self, position: &str) -> io::Result<()> {
        let mut name = self.0.clone().into_os_string();
        name.push(".new");
        let new = PathBuf::from(name);
        let mut file = File::create(&new)?;
        writeln!(file, "{position}")?;
        file.sync_all()?;
        fs::rename(&new, &self.0)?;
        // The name is as durable as its folder.
        let folder = self.0.parent().filter(|path| !path.as_os_str().is_empty());
        match folder.map(File::open) {
            Some(folder) => folder?.sync_all(),
            None => Ok(()),
        }
    }
}
