"""QR codes, drawn by the site itself: a secret is sent to no service that draws them."""

import segno


def qr_svg(text: str) -> str:
    """The QR code of a text as inline SVG, dark on light whatever the page's colours are, for scanners expect that; its size is CSS's to say."""
    return segno.make(text, micro=False, error="m").svg_inline(omitsize=True, dark="#000", light="#fff", svgclass=None, lineclass=None)
