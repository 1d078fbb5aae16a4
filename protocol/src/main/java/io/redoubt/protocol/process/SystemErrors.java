package io.redoubt.protocol.process;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/** Failures of the operating system in its own words, as Redis logs and replies them. */
public final class SystemErrors {
  private SystemErrors() {}

  /** The words for a failed operation on a file. */
  public static String text(IOException failure) {
    return switch (failure) {
      case NoSuchFileException _ -> "No such file or directory";
      case AccessDeniedException _ -> "Permission denied";
      case NotDirectoryException _ -> "Not a directory";
      case FileAlreadyExistsException _ -> "File exists";
      case FileSystemException e when e.getReason() != null -> String.valueOf(e.getReason());
      case FileNotFoundException e -> reasonInParentheses(String.valueOf(e.getMessage()));
      default -> String.valueOf(failure.getMessage());
    };
  }

  /** {@code x (Is a directory)} is how java.io tells a reason. */
  private static String reasonInParentheses(String message) {
    int open = message.lastIndexOf('(');
    return open >= 0 && message.endsWith(")")
        ? message.substring(open + 1, message.length() - 1)
        : message;
  }
}
