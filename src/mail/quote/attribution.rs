//! Lines that mail programs put above a quote or below a text, in the languages they speak.

/// `wrote` in lower case. Each stands near the end of an attribution line.
const WROTE: [&str; 38] = [
    "wrote",
    "writes",
    "sent:",
    "schrieb",
    "geschrieben",
    "a écrit",
    "escribió",
    "escribio",
    "escreveu",
    "ha scritto",
    "schreef",
    "geschreven",
    "skrev",
    "kirjoitti",
    "napisał",
    "napisal",
    "pisze",
    "napísal",
    "napsal",
    "пишет",
    "писал",
    "написал",
    "написав",
    "пише",
    "yazdı",
    "şunu yazdı",
    "írta",
    "a scris",
    "viết",
    "έγραψε",
    "写道",
    "寫道",
    "のメール",
    "書きました",
    "님이 작성",
    "작성:",
    "כתב",
    "كتب",
];
/// `From` as the first label of a header block.
const FROM: [&str; 18] = [
    "from",
    "von",
    "de",
    "da",
    "van",
    "från",
    "fra",
    "lähettäjä",
    "od",
    "от",
    "від",
    "kimden",
    "feladó",
    "发件人",
    "寄件者",
    "差出人",
    "보낸 사람",
    "από",
];
/// Labels that may follow it.
const LABELS: [&str; 67] = [
    "antwort an",
    "répondre à",
    "responder a",
    "risposta",
    "rispondi a",
    "sent",
    "date",
    "to",
    "cc",
    "subject",
    "reply-to",
    "gesendet",
    "datum",
    "an",
    "betreff",
    "envoyé",
    "date d'envoi",
    "à",
    "objet",
    "enviado",
    "enviado el",
    "fecha",
    "para",
    "asunto",
    "assunto",
    "data",
    "inviato",
    "a",
    "oggetto",
    "verzonden",
    "aan",
    "onderwerp",
    "skickat",
    "till",
    "ämne",
    "sendt",
    "til",
    "emne",
    "dato",
    "lähetetty",
    "päivämäärä",
    "vastaanottaja",
    "aihe",
    "wysłano",
    "do",
    "temat",
    "odesláno",
    "komu",
    "předmět",
    "отправлено",
    "дата",
    "кому",
    "тема",
    "gönderildi",
    "tarih",
    "kime",
    "konu",
    "elküldve",
    "címzett",
    "tárgy",
    "发送时间",
    "收件人",
    "主题",
    "送信日時",
    "宛先",
    "件名",
    "dátum",
];
/// Dashed separators, without the dashes.
const SEPARATORS: [&str; 22] = [
    "original message",
    "original appointment",
    "forwarded message",
    "forwarded by",
    "ursprüngliche nachricht",
    "weitergeleitete nachricht",
    "message d'origine",
    "message original",
    "message transféré",
    "mensaje original",
    "mensagem original",
    "messaggio originale",
    "messaggio inoltrato",
    "oorspronkelijk bericht",
    "doorgestuurd bericht",
    "ursprungligt meddelande",
    "oprindelig meddelelse",
    "opprinnelig melding",
    "alkuperäinen viesti",
    "oryginalna wiadomość",
    "исходное сообщение",
    "пересылаемое сообщение",
];
/// How the advertisement of a device or program starts.
const DEVICE: [&str; 29] = [
    "sendt fra min ",
    "sent from mailbox",
    "sent from windows mail",
    "(sent from ",
    "verzonden met ",
    "get [outlook ",
    "從我的 ",
    "sent from my ",
    "sent from mail for ",
    "sent from outlook",
    "sent from yahoo",
    "sent from proton",
    "sent via ",
    "sent with ",
    "get outlook for ",
    "von meinem ",
    "gesendet von ",
    "gesendet mit ",
    "envoyé de mon ",
    "envoyé depuis ",
    "enviado desde mi ",
    "enviado do meu ",
    "enviado de mi ",
    "inviato da ",
    "inviato dal mio ",
    "verzonden vanaf ",
    "skickat från min ",
    "lähetetty ",
    "отправлено с ",
];
/// How an attribution that wraps over several lines starts, if not with a digit.
const OPENERS: [&str; 31] = [
    "on ",
    "am ",
    "le ",
    "el ",
    "op ",
    "il ",
    "em ",
    "den ",
    "dnia ",
    "w dniu ",
    "dne ",
    "pe ",
    "în ",
    "на ",
    "в ",
    "пн",
    "вт",
    "ср",
    "чт",
    "пт",
    "сб",
    "вс",
    "mon",
    "tue",
    "wed",
    "thu",
    "fri",
    "sat",
    "sun",
    "vào ",
    "στις ",
];
/// Longest attribution, in bytes.
const LONGEST: usize = 500;
/// Most lines over which programs wrap an attribution.
const WRAPPED: usize = 4;
/// Longest advertisement line, in bytes.
const DEVICE_LINE: usize = 80;

/// How many lines at the start of `lines` introduce a quote; `None` when they do not.
pub(super) fn length(lines: &[&str]) -> Option<usize> {
    let first = lines.first()?.trim();
    if first.is_empty() {
        return None;
    }
    wrote(lines)
        .or_else(|| separator(lines))
        .or_else(|| header_block(lines))
}

/// Whether a line is the advertisement of a device or program.
pub(super) fn is_device_line(line: &str) -> bool {
    let line = line.trim().trim_start_matches(['*', '_']);
    if line.len() > DEVICE_LINE {
        return false;
    }
    let line = line.to_lowercase();
    DEVICE.iter().any(|start| line.starts_with(start)) && !line.ends_with(['?', ','])
}

/// `On … wrote:`, perhaps wrapped.
fn wrote(lines: &[&str]) -> Option<usize> {
    let mut joined = String::new();
    for (count, line) in (1..=WRAPPED).zip(lines) {
        let line = line.trim();
        if line.is_empty() || joined.len() + line.len() > LONGEST {
            return None;
        }
        joined.push(' ');
        joined.push_str(&line.to_lowercase());
        if line.ends_with([':', '：']) {
            return is_attribution(&joined).then_some(count);
        }
        if count == 1 && !may_wrap(joined.trim()) {
            return None;
        }
    }
    None
}

/// Whether a line may be the first of a wrapped attribution.
fn may_wrap(line: &str) -> bool {
    let opens = OPENERS.iter().any(|word| line.starts_with(word));
    let dated = line.starts_with(|c: char| c.is_ascii_digit());
    let addressed = line
        .split_once('<')
        .is_some_and(|(_, rest)| rest.contains('@'));
    tells_when_or_who(line) && (opens || dated || addressed)
}

/// Whether a line tells a day or an address.
fn tells_when_or_who(line: &str) -> bool {
    line.contains(|c: char| c.is_ascii_digit()) || line.contains(['<', '@'])
}

fn is_attribution(line: &str) -> bool {
    let line = line.trim();
    // Some programs leave the verb out: `2016-10-24 15:36 GMT+02:00 Tom <tom@x.example>:`
    let dated = line.starts_with(|c: char| c.is_ascii_digit());
    if dated && line.contains('@') && line.ends_with(">:") {
        return true;
    }
    let verb = WROTE.iter().filter_map(|verb| line.rfind(verb)).max();
    // A verb at the very start belongs to a sentence; a day or an address makes it a quote.
    verb.is_some_and(|at| at > 0) && tells_when_or_who(line)
}

/// `-----Original Message-----` and the like, or a rule of underscores above a header block.
fn separator(lines: &[&str]) -> Option<usize> {
    let line = lines.first()?.trim().trim_start_matches('*');
    let words = line
        .trim_matches(|c: char| "-_—=*> ".contains(c))
        .to_lowercase();
    let words = words.trim_end_matches(':');
    let dashed = line.starts_with("--") || line.starts_with("__") || line.starts_with("==");
    let named = SEPARATORS.iter().any(|name| words.starts_with(name)) && dashed;
    let begin = words == "begin forwarded message" || words == "forwarded message";
    let rule = words.is_empty() && line.len() >= 8 && dashed;
    if !named && !begin && !rule {
        return None;
    }
    let rest = lines.get(1..).unwrap_or_default();
    let blank = rest.iter().take_while(|l| l.trim().is_empty()).count();
    match header_block(rest.get(blank..).unwrap_or_default()) {
        Some(block) => Some(1 + blank + block),
        None => (!rule).then_some(1),
    }
}

/// `From:`, `Sent:`, `To:`, `Subject:` as Outlook puts them above a quote.
fn header_block(lines: &[&str]) -> Option<usize> {
    let first = label(lines.first()?)?;
    if !FROM.contains(&first.as_str()) {
        return None;
    }
    let mut labels = 1;
    let mut end = 1;
    for (index, line) in lines.iter().enumerate().take(12).skip(1) {
        match label(line) {
            Some(name) if LABELS.contains(&name.as_str()) => {
                labels += 1;
                end = index + 1;
            }
            // A long list of recipients wraps.
            _ if !line.trim().is_empty() && labels > 1 && index == end => {
                if line.contains(['@', ';', '<']) {
                    end = index + 1;
                }
            }
            _ if line.trim().is_empty() => {
                if labels > 1 {
                    break;
                }
            }
            _ => break,
        }
    }
    (labels >= 3).then_some(end)
}

/// The label of `*Label:* value` in lower case.
fn label(line: &str) -> Option<String> {
    let line = line.trim().trim_start_matches(['*', '_']);
    let colon = line.find([':', '：'])?;
    if colon > 40 {
        return None;
    }
    let (label, _) = line.split_at_checked(colon)?;
    let label = label.trim_end_matches(|c: char| "*_".contains(c) || c.is_whitespace());
    (!label.is_empty()).then(|| label.to_lowercase())
}
