"""A container image as its Dockerfile describes it, without an engine: its last
stage laid out in a folder, and its program run in there as an engine would.
"""

import json
import os
import pathlib
import re
import shlex
import shutil
import string
import subprocess

# What the base image has (distroless/cc): glibc, the compiler's runtime, the
# certificates of the public authorities, and a folder for temporary files.
LIBRARIES = {
    *("libc.so.6", "libm.so.6", "libdl.so.2", "libpthread.so.0", "librt.so.1"),
    *("libgcc_s.so.1", "libstdc++.so.6"),
}
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"


class Image:
    """The last stage of a Dockerfile."""

    def __init__(self, dockerfile):
        text = re.sub(r"^#.*\n", "", pathlib.Path(dockerfile).read_text(), flags=re.M)
        lines = text.replace("\\\n", " ").splitlines()
        steps = [line.split(None, 1) for line in lines if line.strip()]
        last = max(index for index, (word, _) in enumerate(steps) if word == "FROM")
        given = dict(rest.split("=", 1) for word, rest in steps if word == "ARG" and "=" in rest)
        self.base = string.Template(steps[last][1]).substitute(given)
        self.copies, self.variables, self.volumes = [], {}, []
        self.user, self.stop_signal, self.command = "root", None, []
        for word, rest in steps[last + 1 :]:
            if word == "COPY":
                *options, source, target = rest.split()
                self.copies.append((options, source, target))
            elif word == "ENV":
                self.variables.update(pair.split("=", 1) for pair in shlex.split(rest))
            elif word == "VOLUME":
                self.volumes.append(rest)
            elif word == "USER":
                self.user = rest
            elif word == "STOPSIGNAL":
                self.stop_signal = rest
            elif word in ("ENTRYPOINT", "CMD"):
                self.command += json.loads(rest)

    def lay_out(self, root, program):
        """Makes the image's folders below `root`, with `program` in the place of
        what the build stage compiles.
        """
        for folder in ["tmp", "proc", "dev", "etc/ssl/certs"]:
            (root / folder).mkdir(parents=True)
        shutil.copy(CERTIFICATES, root / CERTIFICATES[1:])
        for options, source, target in self.copies:
            place = root / target[1:]
            if source.startswith("/src/target/release/"):
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(program, place)
                continue
            place.mkdir(parents=True)
            for option in options:
                if option.startswith("--chown="):
                    owner, group = option.removeprefix("--chown=").split(":")
                    os.chown(place, int(owner), int(group))
        for library in libraries(program):
            place = root / str(library)[1:]
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(library, place)

    def start(self, root, variables):
        """Runs the program below `root`, which nobody can write to but for the
        volumes, as the image's user, and without any capability.
        """
        mounts = [f"mount --bind {root} {root}", f"mount -o remount,bind,ro {root}"]
        for volume in self.volumes:
            aside = f"{root}.volume"
            shutil.copytree(root / volume[1:], aside)
            shutil.copystat(root / volume[1:], aside)
            owner = (root / volume[1:]).stat()
            os.chown(aside, owner.st_uid, owner.st_gid)
            mounts.append(f"mount --bind {aside} {root}{volume}")
        enter = ["chroot", f"--userspec={self.user}", "--groups=", str(root), *self.command]
        script = " && ".join([*mounts, f"exec {shlex.join(enter)}"])
        # No program can get more rights than its user has.
        confined = ["setpriv", "--no-new-privs", "--inh-caps=-all", "sh", "-ec", script]
        return subprocess.Popen(
            ["unshare", "--mount", "--", *confined],
            env={"PATH": os.environ["PATH"], **self.variables, **variables},
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )


def libraries(program):
    """The files that a program is linked with, as this machine has them."""
    told = subprocess.run(["ldd", program], check=True, capture_output=True, text=True).stdout
    return [pathlib.Path(path) for path in re.findall(r"(/\S+) \(0x", told)]


def can_be_run():
    """Whether this machine lets us mount and change the user."""
    tried = subprocess.run(["unshare", "--mount", "--", "true"], capture_output=True)
    return os.geteuid() == 0 and tried.returncode == 0
