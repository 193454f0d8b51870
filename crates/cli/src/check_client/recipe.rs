//! How a client is run: a recipe is data, a file of TOML each, and some bring a program.

use crate::exit::{Exit, Failure, Reason};
use gatepass_credentials::local;
use gatepass_mock_proxy::battery::Task;
use serde::Deserialize;
use std::path::Path;
use std::process::{Command, Stdio};

/// How a client is run.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Recipe {
    /// What it is called.
    pub(super) name: String,
    /// What it is, in a sentence.
    #[serde(default)]
    pub(super) about: String,
    /// The command, and the arguments that it always has.
    pub(super) command: Vec<String>,
    /// Further arguments that get one page.
    #[serde(default)]
    pub(super) get: Vec<String>,
    /// Further arguments that send the file `{body}`; absent where it cannot.
    pub(super) upload: Option<Vec<String>>,
    /// Further arguments that get two pages.
    pub(super) two: Option<Vec<String>>,
    /// Further arguments that follow redirects.
    pub(super) follow: Option<Vec<String>>,
    /// Further arguments that get two pages as two users.
    pub(super) users: Option<Vec<String>>,
    /// A program of this command's that it runs, by name.
    pub(super) program: Option<String>,
    /// A command that has to run once before.
    #[serde(default)]
    pub(super) prepare: Vec<String>,
    /// A command that prints the version.
    #[serde(default)]
    pub(super) version: Vec<String>,
}

macro_rules! files {
    ($($file:literal)*) => { &[$(($file, include_str!(concat!("recipes/", $file)))),*] };
}

/// The recipes, in the order in which they are listed.
const RECIPES: &[(&str, &str)] = files! {
    "gatepass.toml" "curl.toml" "curl-anyauth.toml" "wget.toml" "requests.toml" "urllib3.toml" "httpx.toml"
    "aiohttp.toml" "pyspnego.toml" "java.toml" "node-undici.toml" "go.toml"
};

/// The programs that recipes run.
const PROGRAMS: &[(&str, &str)] = files! { "client.py" "Client.java" "client.cjs" "client.go" };

impl Recipe {
    /// All that are known.
    pub(super) fn all() -> Result<Vec<Self>, Failure> {
        RECIPES.iter().map(|(name, text)| Self::parse(name, text)).collect()
    }

    /// The one of this name, or the one in the file of this name.
    pub(super) fn find(named: &str) -> Result<Self, Failure> {
        let known = RECIPES.iter().find(|(file, _)| file.strip_suffix(".toml") == Some(named));
        if let Some((file, text)) = known {
            return Self::parse(file, text);
        }
        let text = local(Path::new(named)).and_then(std::fs::read_to_string).map_err(|error| {
            let what = format!("{named} is no known client (--list-recipes) and no file: {}", Reason(&error));
            Failure::new(Exit::READ, what)
        })?;
        Self::parse(named, &text)
    }

    fn parse(file: &str, text: &str) -> Result<Self, Failure> {
        let recipe: Self = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            let line = text.bytes().take(at).filter(|byte| *byte == b'\n').count().saturating_add(1);
            let what = error.message().lines().next().unwrap_or_default().to_owned();
            Failure::new(Exit::READ, format!("{file}:{line}: {what}"))
        })?;
        match &recipe.program {
            Some(program) if program_text(program).is_none() => {
                Err(Failure::new(Exit::READ, format!("{file}: there is no program {program}")))
            }
            _ if recipe.command.is_empty() => {
                Err(Failure::new(Exit::READ, format!("{file}: the command is empty")))
            }
            _ => Ok(recipe),
        }
    }

    /// A command as it was typed: it gets one page.
    pub(super) fn of_command(words: &[String]) -> Result<Self, Failure> {
        if !words.iter().any(|word| word.contains("{url}")) {
            let what = "the command has no {url} in it, and would not know what to fetch";
            return Err(Failure::new(Exit::USAGE, what));
        }
        Ok(Self {
            name: words.first().cloned().unwrap_or_default(),
            about: String::new(),
            command: words.to_vec(),
            get: Vec::new(),
            upload: None,
            two: None,
            follow: None,
            users: None,
            program: None,
            prepare: Vec::new(),
            version: Vec::new(),
        })
    }

    /// The words that do `task`, with their placeholders; none where it cannot.
    pub(super) fn words(&self, task: Task) -> Option<Vec<String>> {
        let more = match task {
            Task::Get => Some(&self.get),
            Task::Upload(_) => self.upload.as_ref(),
            Task::Two => self.two.as_ref(),
            Task::Follow => self.follow.as_ref(),
            Task::Users => self.users.as_ref(),
            _ => None,
        }?;
        Some(self.command.iter().chain(more).cloned().collect())
    }

    /// The name and text of the program that it runs.
    pub(super) fn program(&self) -> Option<(&str, &'static str)> {
        let name = self.program.as_deref()?;
        Some((name, program_text(name)?))
    }

    /// The first line of what the client says of its version.
    pub(super) fn version(&self) -> Option<String> {
        let (program, arguments) = self.version.split_first()?;
        if program == "{gatepass}" {
            return Some(format!("gatepass {}", env!("CARGO_PKG_VERSION")));
        }
        let output = Command::new(program).args(arguments).stdin(Stdio::null()).output().ok()?;
        let said = [output.stdout, output.stderr].concat();
        String::from_utf8_lossy(&said).lines().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned)
    }
}

fn program_text(name: &str) -> Option<&'static str> {
    PROGRAMS.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}

/// In words, what a client without it cannot do.
pub(super) const fn lacking(task: Task) -> &'static str {
    match task {
        Task::Upload(_) => "the recipe has no way to send a body (upload)",
        Task::Two => "the recipe has no way to get two pages in one run (two)",
        Task::Follow => "the recipe has no way to follow a redirect (follow)",
        Task::Users => "the recipe has no way to be two users in one run (users)",
        _ => "the recipe has no way to do that",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_recipe_is_read_and_can_get_a_page() {
        let all = Recipe::all().unwrap();
        assert_eq!(all.len(), RECIPES.len());
        for (recipe, (file, _)) in all.iter().zip(RECIPES) {
            assert_eq!(Some(recipe.name.as_str()), file.strip_suffix(".toml"));
            let words = recipe.words(Task::Get).unwrap();
            assert!(words.iter().any(|word| word.contains("{url}")), "{file}");
            assert!(!recipe.about.is_empty() && !recipe.version.is_empty(), "{file}");
        }
    }

    #[test]
    fn a_recipe_that_cannot_be_read_says_where() {
        let error = Recipe::parse("x.toml", "name = 'x'\ncomand = ['x']\n").unwrap_err();
        assert!(error.sentence().unwrap().starts_with("x.toml:2: unknown field `comand`"), "{error:?}");
        let error = Recipe::find("no-such-client").unwrap_err();
        assert!(error.sentence().unwrap().contains("--list-recipes"), "{error:?}");
    }

    #[test]
    fn a_typed_command_needs_something_to_fetch() {
        assert!(Recipe::of_command(&["curl".to_owned()]).is_err());
        let recipe = Recipe::of_command(&["curl".to_owned(), "{url}".to_owned()]).unwrap();
        assert!(recipe.words(Task::Get).is_some() && recipe.words(Task::Upload(1)).is_none());
    }
}
