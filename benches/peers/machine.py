"""What the figures were measured on."""


def processor():
    """Its name, and whether it has AVX-512, on which more depends than on the name."""
    with open("/proc/cpuinfo") as file:
        lines = file.read().splitlines()
    name = next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    return name + (" with AVX-512" if any(" avx512f " in line for line in lines) else "")
