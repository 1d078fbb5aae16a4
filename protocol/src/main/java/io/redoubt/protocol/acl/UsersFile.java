package io.redoubt.protocol.acl;

import io.redoubt.protocol.process.SmallFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/** The ACL file on disk, replaced atomically by a new one written next to it. */
public record UsersFile(Path file) implements AclFile {
  @Override
  public String path() {
    return file.toString();
  }

  @Override
  public List<String> read() throws IOException {
    return SmallFile.lines(file);
  }

  @Override
  public void write(List<String> lines) throws IOException {
    Path draft = file.resolveSibling(file.getFileName() + ".tmp");
    Files.write(draft, lines);
    Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
  }
}
