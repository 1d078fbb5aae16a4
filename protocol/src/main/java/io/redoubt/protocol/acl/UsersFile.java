package io.redoubt.protocol.acl;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.redoubt.protocol.process.DurableFile;
import io.redoubt.protocol.process.SmallFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** The ACL file on disk. */
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
    String text = lines.stream().map(line -> line + "\n").collect(Collectors.joining());
    DurableFile.replace(file, text.getBytes(UTF_8));
  }
}
