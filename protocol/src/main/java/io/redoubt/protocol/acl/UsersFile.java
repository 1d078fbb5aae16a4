package io.redoubt.protocol.acl;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/** The users' file on disk, replaced by a new one beside it so that it is never half written. */
public record UsersFile(Path file) implements AclFile {
  @Override
  public String path() {
    return file.toString();
  }

  @Override
  public List<String> read() throws IOException {
    return Files.readAllLines(file);
  }

  @Override
  public void write(List<String> lines) throws IOException {
    Path draft = file.resolveSibling(file.getFileName() + ".tmp");
    Files.write(draft, lines);
    Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
  }
}
