//! The patterns. Each rule has examples that it must find, and examples that it must accept.

use regex::Regex;

/// The kind of a file, which decides what is text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Prose, except code blocks.
    Markdown,
    /// Code, whose comments start with `//`.
    Rust,
    /// Data or a script, whose comments start with `#`.
    Hash,
}

impl Kind {
    /// Returns the kind of a file by its name, or `None` if it has no text to check.
    pub(crate) fn of(path: &str) -> Option<Self> {
        match path.rsplit('.').next() {
            Some("md") => Some(Self::Markdown),
            Some("rs") => Some(Self::Rust),
            Some("yaml" | "yml" | "toml") => Some(Self::Hash),
            _ if path == ".ci/run" => Some(Self::Hash),
            _ => None,
        }
    }
}

/// A line with what the rules need to know about the lines around it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line<'t> {
    kind: Kind,
    /// The line.
    pub(crate) text: &'t str,
    /// The text of a comment without its mark, if the line is one.
    comment: Option<&'t str>,
    /// Whether the line is the first of a paragraph in a comment.
    is_start: bool,
    /// Whether the line is the first of the documentation of a function that is not a test.
    is_function: bool,
    /// The heading that the line follows directly, such as `# Errors`.
    heading: Option<&'t str>,
    /// The first line of code after the comment.
    code_after: &'t str,
}

impl<'t> Line<'t> {
    /// Creates the line at an index.
    pub(crate) fn new(kind: Kind, lines: &[&'t str], index: usize) -> Self {
        let mut before = lines[..index]
            .iter()
            .rev()
            .map_while(|line| comment_in(kind, line))
            .peekable();
        let is_start = before
            .peek()
            .is_none_or(|previous| previous.is_empty() || previous.starts_with("# "));
        let is_first = before.peek().is_none() && lines[index].trim().starts_with("///");
        let heading = before.find(|previous| !previous.is_empty());
        let mut after = lines[index..]
            .iter()
            .map(|line| line.trim())
            .filter(|line| comment_in(kind, line).is_none())
            .peekable();
        let mut is_test = false;
        while let Some(attribute) = after.next_if(|line| line.starts_with("#[")) {
            is_test |= attribute.contains("test");
        }
        let code_after = after.next().unwrap_or_default();
        let is_function =
            code_after.split(' ').any(|word| word == "fn") && !code_after.contains(" = ");
        Self {
            kind,
            text: lines[index],
            comment: comment_in(kind, lines[index]),
            is_start,
            heading: heading.filter(|text| text.starts_with("# ")),
            is_function: is_first && is_function && !is_test,
            code_after,
        }
    }
}

/// Returns the text of a comment without its mark.
fn comment_in(kind: Kind, line: &str) -> Option<&str> {
    let line = line.trim();
    match kind {
        Kind::Markdown => None,
        Kind::Rust => {
            let text = line.strip_prefix("//")?;
            Some(text.trim_start_matches(['/', '!']).trim())
        }
        Kind::Hash => Some(line.strip_prefix('#')?.trim()),
    }
}

/// Where a rule applies.
enum Scope {
    /// Every line.
    All,
    /// The first line of a paragraph in a comment.
    CommentStart,
    /// The first line of the documentation of a function that returns `bool`.
    Predicate,
    /// The first line of the documentation of a function that is not a test.
    Function,
    /// The first line after a heading, such as `# Errors`.
    After(&'static str),
    /// Rust code, its comments included.
    Rust,
}

/// A rule of the style guide.
pub(crate) struct Rule {
    /// What is wrong.
    pub(crate) name: &'static str,
    /// What to write.
    pub(crate) help: &'static str,
    scope: Scope,
    pattern: Regex,
    /// Phrases that contain the pattern and are right.
    except: Option<Regex>,
    /// Texts that break the rule.
    pub(crate) wrong: &'static [(Kind, &'static str)],
    /// Texts that keep the rule.
    pub(crate) right: &'static [(Kind, &'static str)],
}

impl Rule {
    /// Returns `true` if a line breaks the rule.
    pub(crate) fn is_broken_by(&self, line: &Line<'_>) -> bool {
        let text = match self.scope {
            Scope::All => line.text,
            Scope::Rust if line.kind == Kind::Rust => line.text,
            Scope::CommentStart if line.is_start => line.comment.unwrap_or_default(),
            Scope::Predicate if line.is_start && line.code_after.contains("-> bool") => {
                line.comment.unwrap_or_default()
            }
            Scope::Function if line.is_function => line.comment.unwrap_or_default(),
            Scope::After(heading) if line.heading == Some(heading) => {
                line.comment.unwrap_or_default()
            }
            _ => return false,
        };
        match &self.except {
            Some(except) => self.pattern.is_match(&except.replace_all(text, "")),
            None => self.pattern.is_match(text),
        }
    }
}

fn rule(
    name: &'static str,
    help: &'static str,
    scope: Scope,
    pattern: &str,
    wrong: &'static [(Kind, &'static str)],
    right: &'static [(Kind, &'static str)],
) -> Rule {
    Rule {
        name,
        help,
        scope,
        pattern: Regex::new(pattern).expect("a pattern"),
        except: None,
        wrong,
        right,
    }
}

impl Rule {
    /// Accepts phrases that contain the pattern.
    fn except(mut self, pattern: &str) -> Self {
        self.except = Some(Regex::new(pattern).expect("a pattern"));
        self
    }
}

/// Returns the rules.
pub(crate) fn rules() -> Vec<Rule> {
    let groups = [comments(), spelling(), phrases(), names()];
    groups.into_iter().flatten().collect()
}

fn comments() -> Vec<Rule> {
    use Kind::{Hash, Rust};
    use Scope::{After, CommentStart, Function, Predicate};
    vec![
        rule(
            "a comment starts with a question word",
            "name the thing, or start with a verb such as `Returns`",
            CommentStart,
            r"^(Who|Whose|Whom|What|Which|Where|When|How)\b",
            &[
                (Rust, "/// Who calls."),
                (Rust, "struct A;\n\n    //! Which of them.\n"),
                (Hash, "# What is particular"),
            ],
            &[
                (Rust, "/// The caller.\n/// Which is long."),
                (Rust, "// The caller\n// When it calls"),
            ],
        ),
        rule(
            "the documentation of a function does not start with a verb",
            "start with a verb in the third person, such as `Returns` or `Creates`",
            Function,
            r"^(The|A|An|All|Every|Its|Whether)\b",
            &[
                (Rust, "/// The name.\npub fn name(&self) -> &str {"),
                (
                    Rust,
                    "/// An error.\n#[must_use]\npub(crate) async fn name() {",
                ),
            ],
            &[
                (
                    Rust,
                    "/// Returns the name.\n///\n/// The name is short.\nfn name() {",
                ),
                (
                    Rust,
                    "/// The name is short.\n#[test]\nfn the_name_is_short() {",
                ),
                (Rust, "/// A function.\ntype Edit = fn(&mut Value);"),
            ],
        ),
        rule(
            "the documentation of a function that returns `bool` starts with `Whether`",
            "write \"Returns `true` if\"",
            Predicate,
            r"^Whether\b",
            &[(
                Rust,
                "/// Whether it is empty.\n#[must_use]\npub fn is_empty(&self) -> bool {",
            )],
            &[
                (Rust, "/// Whether it is empty.\nis_empty: bool,"),
                (
                    Rust,
                    "/// Returns `true` if it is empty.\npub fn is_empty(&self) -> bool {",
                ),
            ],
        ),
        rule(
            "a section `# Errors` does not start with `Returns`",
            "write \"Returns an error if\"",
            After("# Errors"),
            r"^[^R]|^R[^e]|^Re[^t]",
            &[(Rust, "/// Reads.\n///\n/// # Errors\n/// When it fails.")],
            &[
                (Rust, "/// # Errors\n/// Returns an error if it fails."),
                (Rust, "/// # Errors\n///\n/// Returns an error if it fails."),
            ],
        ),
        rule(
            "a section `# Panics` does not start with `Panics`",
            "write \"Panics if\"",
            After("# Panics"),
            r"^[^P]|^P[^a]",
            &[(Rust, "/// # Panics\n///\n/// If it is empty.")],
            &[(Rust, "/// # Panics\n///\n/// Panics if it is empty.")],
        ),
    ]
}

fn spelling() -> Vec<Rule> {
    use Kind::{Markdown, Rust};
    use Scope::All;
    vec![
        rule(
            "a contraction",
            "write it in full, such as `cannot` or `does not`",
            All,
            r"\b[A-Za-z]+n't\b|\b([Ii]t|[Tt]hat|[Tt]here|[Ww]hat|[Ll]et)'s\b|\b([Ww]e|[Yy]ou|[Tt]hey)'(re|ve|ll|d)\b",
            &[(Markdown, "It can't be read."), (Rust, "// it's open")],
            &[(Markdown, "The API's limit cannot change.")],
        ),
        rule(
            "\"can not\"",
            "write `cannot`",
            All,
            r"\b[Cc]an not\b",
            &[(Markdown, "It can not be read.")],
            &[(Markdown, "It cannot be read.")],
        ),
        rule(
            "British spelling",
            "use American spelling",
            All,
            r"(?i)behaviour|licence|serialis|normalis|initialis|organis|optimis|summaris|honour|recognis|neighbour|favour|colour|misspelt|learnt|spoilt|judgement",
            &[(Markdown, "The behaviour of neighbours")],
            &[(Markdown, "The behavior of neighbors")],
        ),
    ]
}

fn phrases() -> Vec<Rule> {
    use Kind::{Markdown, Rust};
    use Scope::All;
    vec![
        rule(
            "\"is no\" in place of \"is not a\"",
            "write \"is not a\", or an adjective such as invalid, unknown or missing",
            All,
            r"\b(is|are|was|were|be) no [a-zA-Z`]",
            &[
                (Rust, "\"is no JSON: {}\""),
                (Markdown, "This is no error."),
            ],
            &[(Markdown, "There is no default. It is no longer used.")],
        )
        .except(
            r"\b[Tt]here (is|are|was|were) no\b|\bthere be no\b|\bno (longer|more|later|less)\b",
        ),
        rule(
            "\"mend\" or \"todo\" for a fix",
            "write `fix`, and `help` for advice to the user",
            All,
            r"\b[Mm]end(s|ed|ing)?\b|\btodo\b",
            &[(Rust, "\"mend the document\""), (Rust, "todo: String")],
            &[(Markdown, "Amend the commit.")],
        )
        .except(r"clippy::todo|^todo = |`todo!`"),
        rule(
            "a person in place of a program",
            "name the caller, the client or the process",
            All,
            r"\b([Ss]omebody|[Ee]verybody|[Nn]obody|[Aa]nybody)\b|\b[Ww]ho (calls?|waits|watches|gives|builds|reads|sends|writes|uses|knows|takes)\b",
            &[(Rust, "// Nobody waits."), (Markdown, "who calls it")],
            &[(Markdown, "The caller waits.")],
        ),
        rule(
            "a program that tells",
            "write report, print, show, state, or distinguish",
            All,
            r"\b[Tt]ells?\b|\b[Tt]old\b",
            &[
                (Rust, "// The server told it."),
                (Markdown, "It tells them apart."),
            ],
            &[(Markdown, "The server reports it.")],
        ),
        rule(
            "an old or poetic verb",
            "write is, appears, or is documented in",
            All,
            r"\b([Ss]tands?|[Ss]tood) (in|at|on|beside|under|with|there|before|behind|where|above|between|twice|inside)\b",
            &[(Markdown, "The reason stands in the page.")],
            &[(Markdown, "`*` stands for every operation.")],
        ),
        rule(
            "\"beside\"",
            "write next to, in addition to, or along with",
            All,
            r"\b[Bb]eside\b",
            &[(Rust, "// beside the file")],
            &[(Markdown, "Besides, it is next to the file.")],
        ),
        rule(
            "an old phrase",
            "write only, except, separate, anyway, in the meantime, if, continue, in flight, ignored, accepted, or compare with",
            All,
            r"\bnothing but\b|\bsave within\b|\bis but\b|\bof ours\b|\bof (its|their|our|one's) own\b|\ball the same\b|\bmeanwhile\b|\bas far as\b|\b([Gg]o|[Gg]oes|[Gg]one|[Gg]oing) on\b|\bunder way\b|\bpass(es|ed)? over\b|\blets? through\b|\b[Hh](old|olds|eld)\b[^.]* against\b",
            &[
                (Markdown, "It holds the page against the spec."),
                (Rust, "// nothing but a name"),
                (Rust, "/// Runs it in a task of its own."),
                (Markdown, "It goes on all the same."),
            ],
            &[(Markdown, "It compares the page with the spec.")],
        ),
        rule(
            "an answer or a refusal in place of a response or a rejection",
            "write `response` and `respond`, `reject` and `error response`",
            All,
            r"\b[Aa]nswer(s|ed|ing)?\b|\b[Rr]efus(e|es|ed|al|als|ing)\b",
            &[(Markdown, "The server refuses the answer.")],
            &[(
                Markdown,
                "The connection was refused. `io::ErrorKind::ConnectionRefused`",
            )],
        )
        .except(r"\b[Cc]onnection( was| is)? refused\b|\brefused connections?\b"),
        rule(
            "\"a text\" for a string",
            "write `string`; `text` is prose or the content of a file",
            All,
            r"\b([Aa]|[Oo]ne|[Tt]wo|[Aa]ny|[Ee]very|[Ee]ach) texts?\b|\b[Tt]exts\b",
            &[(Rust, "/// Parses a text.")],
            &[
                (Rust, "/// Parses the text of a file."),
                (Rust, "/// Reads a text file."),
            ],
        )
        .except(r"\b[Aa]n? text (file|editor)\b|\btexts\.|\blet texts\b|&texts\b|\btexts:"),
    ]
}

fn names() -> Vec<Rule> {
    use Kind::Rust;
    vec![
        rule(
            "a test named after a question",
            "name the subject, the behavior and the condition",
            Scope::Rust,
            r"\bfn (what|who|whose|whatever|where|which)_",
            &[(Rust, "fn what_is_no_text_is_refused() {")],
            &[(Rust, "fn rejects_non_utf8_input() {")],
        ),
        rule(
            "a constant that is not named `MAX_` or `MIN_`",
            "use MAX_ and MIN_ with the unit",
            Scope::Rust,
            r"\b(MOST|LARGEST|LONGEST|DEEPEST|SHORTEST|TELLING|PATIENCE|FIRST_BORN)(_[A-Z]+)*\b",
            &[(Rust, "const MOST_ITEMS: usize = 3;")],
            &[(Rust, "const MAX_ITEMS: usize = 3;")],
        ),
    ]
}
