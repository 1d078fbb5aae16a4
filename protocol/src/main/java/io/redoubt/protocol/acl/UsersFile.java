package io.redoubt.protocol.acl;

import io.redoubt.protocol.bytes.Utf8;
import io.redoubt.protocol.process.DurableFile;
import io.redoubt.protocol.process.SmallFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** The ACL file on disk. Names and patterns may have any bytes, as escapes of {@link Utf8}. */
public record UsersFile(Path file) implements AclFile {
  @Override
  public String path() {
    return file.toString();
  }

  @Override
  public List<String> read() throws IOException {
    return Utf8.decode(SmallFile.bytes(file)).lines().toList();
  }

  @Override
  public void write(List<String> lines) throws IOException {
    String text = lines.stream().map(line -> line + "\n").collect(Collectors.joining());
    DurableFile.replace(file, Utf8.encode(text));
  }
}
