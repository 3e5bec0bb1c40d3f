# Read by the build of llama-cpp-python right after its project() line (see the Makefile).
# llama.cpp's `common` library holds the argument parser, downloader and HTTP code of its own
# programs. The Python package does not load it; leaving it out halves the build.
set(LLAMA_BUILD_COMMON OFF)
