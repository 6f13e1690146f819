"""Draws the certificates that the sample school issues: one page each, the same bytes on every run.

    pip install fpdf2==2.8.9
    python events/make_pdfs.py

Writes `events/pdfs/certificates/*.pdf`. The files are kept in the repository, so this is only needed to change them.
A certificate says what the school knew when it was issued: the second copy of Ícaro's has the corrected grade.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path

# Only this script needs it, so the type checker may not find it, or find it without hints.
from fpdf import FPDF  # type: ignore[import-not-found, import-untyped, unused-ignore]

FOLDER = Path(__file__).parent / "pdfs" / "certificates"
COMPUTING = "Bacharelado em Ciência da Computação"
DATA = "Especialização em Ciência de Dados"
NURSING = "Técnico em Enfermagem"
MONTHS = (
    *("janeiro", "fevereiro", "março", "abril", "maio", "junho"),
    *("julho", "agosto", "setembro", "outubro", "novembro", "dezembro"),
)
NAVY, GOLD, GREY = (24, 48, 92), (176, 137, 52), (90, 90, 90)
STYLES = {"plain": ("", GREY), "strong": ("B", NAVY), "name": ("BI", NAVY), "title": ("B", GOLD)}


@dataclass(frozen=True)
class Certificate:
    file: str
    number: str
    holder: str
    course: str
    hours: str
    grade: str
    completed: date
    issued: date


CERTIFICATES = (
    Certificate(
        "mat-2023-0101", "MAT-2023-0101", "Ana Conceição Vasconcelos",
        COMPUTING, "3.200", "9,25", date(2026, 11, 13), date(2026, 11, 20),
    ),
    Certificate(
        "mat-2023-0102", "MAT-2023-0102", "João Guimarães D'Ávila",
        COMPUTING, "3.200", "8,40", date(2026, 11, 13), date(2026, 11, 20),
    ),
    Certificate(
        "2022100117-cc-2023-1", "2022100117/CC-BAC/CC-2023-1", "Marília Antônia Brandão",
        COMPUTING, "3.200", "7,00", date(2026, 11, 13), date(2026, 11, 20),
    ),
    Certificate(
        "mat-2026-0201", "MAT-2026-0201", "Ícaro Sant'Anna de Araújo",
        DATA, "360", "7,50", date(2026, 10, 30), date(2026, 11, 20),
    ),
    Certificate(
        "mat-2026-0201-2a-via", "MAT-2026-0201/2", "Ícaro Sant'Anna de Araújo",
        DATA, "380", "8,75", date(2026, 10, 30), date(2026, 11, 22),
    ),
    Certificate(
        "mat-2026-0202", "CERT-2026-0005", "Zoë Müller Gonçalves",
        DATA, "360", "9,87", date(2026, 10, 30), date(2026, 11, 20),
    ),
    Certificate(
        "mat-2026-0203", "MAT-2026-0203", "Rafaela Nogueira Peçanha",
        DATA, "360", "10,00", date(2026, 10, 30), date(2026, 11, 20),
    ),
    Certificate(
        "mat-2026-0204", "MAT-2026-0204", "Luíza Falcão D'Ávila",
        DATA, "380", "9,50", date(2026, 11, 20), date(2026, 11, 21),
    ),
    Certificate(
        "mat-2025-0310", "MAT-2025-0310", "Inês Fontoura Quadros",
        NURSING, "1.200", "9,00", date(2026, 10, 16), date(2026, 11, 20),
    ),
    Certificate(
        "2025300311-tec-enf", "2025300311/SIS-310", "Caetano Muñoz Ibáñez",
        NURSING, "1.200", "8,10", date(2026, 10, 16), date(2026, 11, 19),
    ),
    Certificate(
        "2025300312-enf-2026-1", "2025300312/SIS-310/ENF-2026-1", "Josué Brêtas Tição",
        NURSING, "1.200", "8,90", date(2026, 11, 6), date(2026, 11, 20),
    ),
)  # fmt: skip


def in_words(day: date) -> str:
    return f"{day.day} de {MONTHS[day.month - 1]} de {day.year}"


def draw_frame(pdf: FPDF) -> None:
    pdf.set_draw_color(*NAVY)
    pdf.set_line_width(1.6)
    pdf.rect(9, 9, 279, 192)
    pdf.set_draw_color(*GOLD)
    pdf.set_line_width(0.5)
    pdf.rect(13, 13, 271, 184)
    pdf.line(108, 76, 189, 76)
    pdf.set_draw_color(*GREY)
    pdf.set_line_width(0.3)
    pdf.line(103, 172, 194, 172)


def write_centred(pdf: FPDF, y: float, text: str, size: int, style: str = "plain") -> None:
    emphasis, colour = STYLES[style]
    pdf.set_xy(20, y)
    pdf.set_font("Times", emphasis, size)
    pdf.set_text_color(*colour)
    pdf.cell(257, 10, text, align="C")


def draw(certificate: Certificate) -> bytes:
    pdf = FPDF(orientation="landscape", format="A4")
    pdf.set_auto_page_break(False)
    pdf.set_creation_date(datetime.combine(certificate.issued, time(12), tzinfo=UTC))
    pdf.set_producer("Universidade Federal do Planalto")
    pdf.set_title(f"Certificado {certificate.number}")
    pdf.add_page()
    draw_frame(pdf)
    write_centred(pdf, 27, "UNIVERSIDADE FEDERAL DO PLANALTO", 18, "strong")
    write_centred(pdf, 36, "Pró-Reitoria de Ensino · Secretaria Acadêmica", 12)
    write_centred(pdf, 58, "CERTIFICADO", 36, "title")
    write_centred(pdf, 83, "Certificamos que", 15)
    write_centred(pdf, 96, certificate.holder, 30, "name")
    write_centred(pdf, 111, "concluiu com aproveitamento o curso", 15)
    write_centred(pdf, 123, certificate.course, 22, "strong")
    closing = f"em {in_words(certificate.completed)}, com carga horária de {certificate.hours} horas"
    write_centred(pdf, 135, f"{closing} e nota final {certificate.grade}.", 15)
    write_centred(pdf, 150, f"Planalto, {in_words(certificate.issued)}.", 13)
    write_centred(pdf, 172, "Secretaria Acadêmica", 12)
    write_centred(pdf, 184, f"Registro {certificate.number}", 9)
    return bytes(pdf.output())


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for certificate in CERTIFICATES:
        (FOLDER / f"{certificate.file}.pdf").write_bytes(draw(certificate))


if __name__ == "__main__":
    main()
