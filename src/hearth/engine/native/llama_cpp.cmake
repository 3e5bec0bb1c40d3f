# Read by the build of llama-cpp-python right after its project() line (see `cmake_options`).

# llama.cpp's `common` library holds the argument parser, downloader and HTTP code of its own
# programs. The Python package does not load it; leaving it out halves the build.
set(LLAMA_BUILD_COMMON OFF)

# Changes one place of llama.cpp's source, which pip has unpacked for this build alone.
function(change file from to)
  set(path "${CMAKE_CURRENT_SOURCE_DIR}/vendor/llama.cpp/${file}")
  file(READ "${path}" text)
  string(FIND "${text}" "${to}" done)
  string(FIND "${text}" "${from}" place)
  if(done EQUAL -1)
    if(place EQUAL -1)
      message(FATAL_ERROR "${file} is not the one that Hearth knows: no '${from}' in it.")
    endif()
    string(REPLACE "${from}" "${to}" text "${text}")
    file(WRITE "${path}" "${text}")
  endif()
endfunction()

# On processors with AMX, what GCC before 14 makes of the tiles crashes: see tiles.h.
change(ggml/src/ggml-cpu/amx/mmq.cpp "#include \"mmq.h\""
  "#include \"${CMAKE_CURRENT_LIST_DIR}/tiles.h\"\n#include \"mmq.h\"")

# Tiles are made of the first matrix of a stack alone, such as those of multi-head latent attention,
# and the process ends where such a stack is multiplied. So stacks stay in the order of the file.
change(ggml/src/ggml-cpu/amx/amx.cpp "if (!ggml_is_contiguous(src0) ||"
  "if (src0->ne[2] != 1 || !ggml_is_contiguous(src0) ||")
