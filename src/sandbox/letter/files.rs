//! Small attachments that open: a picture, a document, a table.

/// A file to attach.
#[derive(Debug, Clone)]
pub(in crate::sandbox) struct File {
    pub(in crate::sandbox) name: String,
    pub(in crate::sandbox) content_type: &'static str,
    pub(in crate::sandbox) bytes: Vec<u8>,
}

/// The file a name in the script stands for.
pub(in crate::sandbox) fn file(name: &str) -> File {
    let (content_type, bytes) = match name.rsplit('.').next() {
        Some("png") => ("image/png", png(64, 48, name.len() as u8)),
        Some("pdf") => ("application/pdf", pdf(name)),
        _ => (
            "text/csv; charset=utf-8",
            TABLE.replace('\n', "\r\n").into_bytes(),
        ),
    };
    File {
        name: name.to_owned(),
        content_type,
        bytes,
    }
}

const TABLE: &str = "\
store,street,city,delivery days
1,12 Marina Road,Lagos,Mon Thu
2,4 Broad Street,Lagos,Mon Thu
3,88 Aba Road,Port Harcourt,Tue
4,3 Ogui Road,Enugu,Wed
5,17 Akpakpava Street,Benin City,Wed
6,Jetty Road,Bonny Island,Tue (Fri)
7,9 Ring Road,Ibadan,Thu
8,21 Yakubu Gowon Way,Jos,Fri
9,2 Ahmadu Bello Way,Kaduna,Fri
";

/// A picture of a box in warm light, more or less.
fn png(width: u32, height: u32, tint: u8) -> Vec<u8> {
    let mut pixels = Vec::new();
    for y in 0..height {
        pixels.push(0);
        for x in 0..width {
            let inside = (width / 4..width * 3 / 4).contains(&x) && y > height / 3;
            let light = (x * 2 + y) as u8;
            let colour = match inside {
                true => [150u8.saturating_add(light / 4), 110, 60 + tint],
                false => [light, light.saturating_add(tint), 90],
            };
            pixels.extend(colour);
        }
    }
    let mut header = Vec::new();
    header.extend(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    header.extend([8, 2, 0, 0, 0]);
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    chunk(&mut out, b"IHDR", &header);
    chunk(&mut out, b"IDAT", &zlib(&pixels));
    chunk(&mut out, b"IEND", &[]);
    out
}

fn chunk(out: &mut Vec<u8>, kind: &[u8; 4], data: &[u8]) {
    out.extend((data.len() as u32).to_be_bytes());
    let body = [kind.as_slice(), data].concat();
    out.extend(&body);
    out.extend(crc32(&body).to_be_bytes());
}

/// Stored blocks only (RFC 1950, RFC 1951): the pictures are small.
fn zlib(data: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 0x01];
    let blocks = data.chunks(0xffff);
    let last = blocks.len().saturating_sub(1);
    for (at, block) in blocks.enumerate() {
        out.push(u8::from(at == last));
        let length = block.len() as u16;
        out.extend(length.to_le_bytes());
        out.extend((!length).to_le_bytes());
        out.extend(block);
    }
    out.extend(adler32(data).to_be_bytes());
    out
}

fn crc32(data: &[u8]) -> u32 {
    let mut crc = !0u32;
    for byte in data {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            let mask = (crc & 1).wrapping_neg();
            crc = (crc >> 1) ^ (0xedb8_8320 & mask);
        }
    }
    !crc
}

fn adler32(data: &[u8]) -> u32 {
    let step = |(a, b): (u32, u32), byte: &u8| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    };
    let (a, b) = data.iter().fold((1, 0), step);
    b << 16 | a
}

/// A page with one line on it.
fn pdf(title: &str) -> Vec<u8> {
    let text = format!("BT /F1 18 Tf 72 760 Td (Acme: {title}) Tj ET");
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R \
         /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{text}\nendstream", text.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let mut out = String::from("%PDF-1.4\n");
    let mut table = String::from("xref\n0 6\n0000000000 65535 f \n");
    for (at, object) in objects.iter().enumerate() {
        table.push_str(&format!("{:010} 00000 n \n", out.len()));
        out.push_str(&format!("{} 0 obj\n{object}\nendobj\n", at + 1));
    }
    let start = out.len();
    out.push_str(&table);
    out.push_str(&format!(
        "trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"
    ));
    out.into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums_are_the_standard_ones() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
    }

    #[test]
    fn the_table_of_a_document_points_at_its_objects() {
        let bytes = pdf("x.pdf");
        let text = std::str::from_utf8(&bytes).unwrap();
        let at = text.find("\n4 0 obj").unwrap() + 1;
        assert!(text.contains(&format!("{at:010} 00000 n")));
    }
}
