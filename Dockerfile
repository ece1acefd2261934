# docker build -t synth_dl .
# docker run -v "$PWD:/data:ro" -v "$PWD/runs:/app/runs" synth_dl data=csv data.path=/data/adult.csv

FROM python:3.11-slim AS build
# CPU builds of torch; for CUDA build with --build-arg TORCH_INDEX=https://pypi.org/simple
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
RUN python -m venv /opt/synth_dl
ENV PATH=/opt/synth_dl/bin:$PATH PIP_NO_CACHE_DIR=1
WORKDIR /source
COPY constraints.txt ./
RUN pip install --constraint constraints.txt --extra-index-url "$TORCH_INDEX" \
    "$(grep '^torch==' constraints.txt)"
COPY . ./
RUN pip install --constraint constraints.txt .

FROM python:3.11-slim
# LightGBM needs OpenMP, which the slim image leaves out.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libgomp1 \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 1000 synth \
    && mkdir -p /data /app/runs \
    && chown -R synth:synth /app
COPY --from=build /opt/synth_dl /opt/synth_dl
ENV PATH=/opt/synth_dl/bin:$PATH
USER synth
WORKDIR /app
VOLUME ["/data", "/app/runs"]
ENTRYPOINT ["synth-train"]
CMD ["--help"]
